"""Accounts in a Redis or Valkey that all workers share: every request asks it once (H3), all of a tick's at a time."""

from proxy.state.redis.store import RedisStore

__all__ = ["RedisStore"]
