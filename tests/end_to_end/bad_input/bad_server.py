"""The server that bad input and bad upstreams are tried on, and what has to hold of every answer it gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.end_to_end.bad_input.bad_rows import CLIENT_KEY, GOOD, KEY, OTHER_KEY, PROMPT, PROVIDER_KEY, Bad
from tests.rig.answers import plain, stream
from tests.rig.raw import RawResponse
from tests.rig.server import Gateway, closed_port
from tests.rig.wires import openai_error

CANARIES = (PROVIDER_KEY, CLIENT_KEY, OTHER_KEY, PROMPT)
ECHOING = {
    "401": openai_error(401, f"Incorrect API key provided: {PROVIDER_KEY}.", code="invalid_api_key"),
    "400": openai_error(400, f"Bad header: Bearer {PROVIDER_KEY}", type="invalid_request_error"),
    "500": openai_error(500, f"Panic: headers={{'authorization': 'Bearer {PROVIDER_KEY}'}}"),
    "html": plain(f"<html>{PROVIDER_KEY}</html>".encode(), 502, {"content-type": "text/html"}),
    "event": stream(b'data: {"error": {"message": "No: %b", "code": 503}}\n\n' % PROVIDER_KEY.encode()),
}
"""Error texts that quote the credential they came with."""


@contextmanager
def serving(folder: Path, port: int) -> Iterator[Gateway]:
    """The server, with keys; its bodies may have 2 MiB.

    Args:
        folder: its own.
        port: the scripted upstream's.
    """
    environment = {"PYTHONPATH": str(Path(__file__).parent), "CANARY": PROVIDER_KEY}
    with closed_port() as closed, Gateway(folder, _config(port, closed), environment) as server:
        server.http.headers["authorization"] = KEY["authorization"]
        yield server


def _config(port: int, closed: int) -> dict[str, Any]:
    quick = {"connect": "2s", "headers": "500ms", "first_token": "500ms", "gap": "500ms"}
    account = {
        "provider": "openai",
        "base_url": f"http://127.0.0.1:{port}/v1",
        "api_key": "${CANARY}",
        "timeouts": quick,
    }
    faults = ("admit", "route", "observe", "settle")
    rest = ["strategy", {"retry": {"attempts": 1}}]
    return {
        "server": {"max_body": "2MiB"},
        "upstreams": {
            "up": account,
            "breaking": account | {"timeouts": quick | {"gap": "10s"}},  # breaks by itself, however slow we are
            "tripping": account,
            **{f"echo-{name}": account for name in ECHOING},  # a refused key is out for a while
            "down": account | {"base_url": f"http://127.0.0.1:{closed}/v1"},
        },
        "models": {
            **dict.fromkeys(("good", "private"), "up/good"),
            "other": "up/other",
            "wild/*": "up/*",
            "capped": {"targets": [{"to": "up/good", "capabilities": {"max_output": 100}}]},
            "breaking": "breaking/good",
            **{f"echo-{name}": f"echo-{name}/good" for name in ECHOING},
            "down": "down/good",
            "tripping": {"targets": ["tripping/good"], "chain": "tripping"},
            **{f"faulty-{verb}": {"targets": ["up/good"], "chain": f"faulty-{verb}"} for verb in faults},
        },
        "keys": [
            {
                "id": "client",
                "secret": CLIENT_KEY,
                "models": ["good", "other", "wild/*", "capped", "breaking", "echo-*", "down", "tripping", "faulty-*"],
            },
            {"id": "other", "secret": OTHER_KEY},
        ],
        "chain": rest,
        "chains": {
            "tripping": [{"breaker": {"failures": "1 in 30s", "open": "60s"}}, *rest],
            **{f"faulty-{verb}": [{"faulty_policy.Faulty": verb}, *rest] for verb in faults},
        },
    }


def exchange(gateway: Gateway, wire: bytes) -> RawResponse:
    """Send bytes on a fresh connection; return the answer to them."""
    with gateway.raw() as raw:
        raw.send(wire)
        return raw.response()


def chat(gateway: Gateway, model: str, **fields: Any) -> RawResponse:
    """A good request for a model, with more fields in its body."""
    return exchange(gateway, Bad(0, "", body=GOOD | {"model": model} | fields).wire)


def check_envelope(answer: RawResponse, row: Bad) -> dict[str, Any]:
    """Status, the four fields and the headers are as the row has them; the error is returned."""
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json) == {"error"}
    error: dict[str, Any] = answer.json["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (answer.status, error["type"], error["code"]) == (row.status, row.type, row.code)
    assert error["message"]
    assert answer.headers["x-request-id"]
    assert {name: _unordered(answer.headers.get(name, "")) for name in row.expect} == {
        name: _unordered(value) for name, value in row.expect.items()
    }
    return error


def _unordered(value: str) -> set[str]:
    """A header's list: that of ``allow`` has no order."""
    return {part.strip() for part in value.split(",")}


def check_nothing_leaks(gateway: Gateway, answer: RawResponse) -> None:
    """S8, S9: no secret and no prompt in the answer, its headers, or anything that the server has written."""
    seen = f"{answer.headers} {answer.body!r} {gateway.output()}"
    assert [canary for canary in CANARIES if canary in seen] == []


def check_it_goes_on(gateway: Gateway) -> None:
    """The next client gets its answer."""
    answer = chat(gateway, "good")
    assert (answer.status, answer.json["choices"][0]["message"]["content"]) == (200, "Hello")
