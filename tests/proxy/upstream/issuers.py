"""Issuers for tests, and the servers that real ones ask."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from proxy.upstream.port import Credential
from proxy.upstream.wallet import Grant
from tests.proxy.upstream.raw_server import Received, Script


class Listed:
    """Issues what a list says, one after another: a token's text, or what it raises. Counts how often it is asked."""

    label = "google"

    def __init__(self, *issued: str | Exception, seconds: float | None = 3600.0) -> None:
        self._issued, self._seconds = list(issued), seconds
        self.asked: list[bool] = []
        """Whether each was to be a new one."""
        self.opened = threading.Event()
        self.opened.set()
        self._begun = threading.Semaphore(0)

    async def begun(self) -> None:
        """Wait until it is asked, the next time that it has not been waited for."""
        assert await asyncio.to_thread(self._begun.acquire, timeout=10)

    def issue(self, *, anew: bool) -> Grant[Credential]:
        """The next one, once ``opened`` is set."""
        self.asked.append(anew)
        self._begun.release()
        assert self.opened.wait(10)
        issued = self._issued.pop(0)
        if isinstance(issued, Exception):
            raise issued
        return Grant(Credential(issued, self.label), self._seconds)


def answering_json(answer: Callable[[Received], tuple[int, Any]]) -> Script:
    """Answer each request with a status and a JSON document."""

    async def script(line: Any) -> None:
        while True:
            status, document = answer(await line.request())
            body = json.dumps(document).encode()
            head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            await line.write(head.encode() + body)

    return script


def token(text: str, seconds: int = 3600) -> tuple[int, dict[str, object]]:
    """What a token endpoint answers (RFC 6749, 5.1)."""
    return 200, {"access_token": text, "expires_in": seconds, "token_type": "Bearer"}


def private_key() -> str:
    """A fresh key in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none).decode()


def account(token_uri: str, key: str) -> str:
    """The key file of a service account whose tokens come from there."""
    who = {"type": "service_account", "client_email": "job@my-project.iam.gserviceaccount.example"}
    return json.dumps(who | {"private_key": key, "private_key_id": "1", "token_uri": token_uri}, indent=2)
