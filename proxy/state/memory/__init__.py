"""Accounts in this process: for a server of one worker, and for what a worker admits on its own in an outage."""

from proxy.state.memory.store import MemoryStore

__all__ = ["MemoryStore"]
