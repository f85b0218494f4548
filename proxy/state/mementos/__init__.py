"""What a provider wants to see again in the next turn, kept until then. One contract, one file for each place."""
