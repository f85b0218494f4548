"""The commands that ask the books: what was used, what is left, whether it adds up. Each is imported when it is run."""
