"""Signatures of webhooks, as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over ``id.timestamp.body``.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, 2026-11. Receivers verify
them with the libraries of that project.
"""

import binascii
import hmac
from base64 import b64decode, b64encode

PREFIX = "whsec_"
"""Of a secret that is written as base64."""


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: what is base64 behind the prefix, or else the characters themselves.

    Receivers' libraries take any secret for base64: with one that has no prefix they are given the base64 of it.
    """
    if secret.startswith(PREFIX):
        try:
            return b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def signed(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt.

    Args:
        key: see :func:`key_of`.
        message_id: the same at each attempt, so that a receiver knows what it has had; without a dot.
        timestamp: Unix seconds of the attempt, not of the event: old ones are refused as replayed.
        body: exactly as it is sent.
    """
    digest = hmac.digest(key, b"%b.%d.%b" % (message_id.encode(), timestamp, body), "sha256")
    signature = f"v1,{b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}
