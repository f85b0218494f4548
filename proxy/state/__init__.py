"""What outlives a request: what every account has spent and holds, and what the next turn of a conversation needs."""
