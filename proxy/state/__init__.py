"""What outlives a request: state that the next one of a conversation needs. One contract, one file for each place."""
