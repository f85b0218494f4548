"""What a request and a streamed chunk cost, measured from outside: ``python -m tests.bench``."""

KEY = "sk-bench-1234"
"""The caller's key of every server measured here."""
