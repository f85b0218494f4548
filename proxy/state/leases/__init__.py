"""Parts of accounts that a worker has taken in advance, so that most requests ask nobody (RELIABILITY H4)."""
