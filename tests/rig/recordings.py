"""Recorded provider traffic as test cases, and what an OpenAI client must be able to read from each.

The recordings lie beside the repository; see their README. Facts are in the provider's own words and numbers: this
maps them to OpenAI's meaning.
"""

import base64
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.rig.answers import Answer, plain, stream
from tests.rig.replays import REPLAYS, Replay
from tests.rig.tokens import Tokens

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "recordings"

UPSTREAM_ONLY_HEADERS = {"content-length", "content-encoding", "transfer-encoding", "connection"}


@dataclass(frozen=True)
class Case:
    """One recorded interaction."""

    name: str
    provider: str
    api: str
    streamed: bool
    status: int
    kinds: tuple[str, ...]
    model: str
    facts: dict[str, Any]

    @cached_property
    def recording(self) -> dict[str, Any]:
        """All that was recorded."""
        recorded: dict[str, Any] = json.loads((FOLDER / f"{self.name}.json").read_text("utf-8"))
        return recorded

    @property
    def request(self) -> dict[str, Any]:
        """The request's body."""
        body: dict[str, Any] = self.recording["request"]["body"]
        return body

    @property
    def body(self) -> bytes:
        """The answer's body, to the byte where it was streamed."""
        response = self.recording["response"]
        if response.get("raw_stream_base64") is not None:
            return base64.b64decode(response["raw_stream_base64"])
        if response["raw_stream"] is not None:
            return str(response["raw_stream"]).encode()
        return (response["body"] if isinstance(response["body"], str) else json.dumps(response["body"])).encode()

    @property
    def answer(self) -> Answer:
        """What the upstream answers."""
        recorded = self.recording["response"]["headers"]
        headers = {name: value for name, value in recorded.items() if name.lower() not in UPSTREAM_ONLY_HEADERS}
        if not self.streamed:
            return plain(self.body, self.status, headers)
        return stream(self.body) if not headers else Answer(self.status, headers, (self.body,)).cut([self.body])

    @property
    def finish_reason(self) -> str | None:
        """As OpenAI spells it."""
        reason: str | None = self.facts.get("finish_reason")
        if reason is None:
            return None
        reason = self.replay.FINISH_REASONS.get(reason, reason)
        calls = self.api != "openai.chat" and self.facts["tool_calls"]  # Gemini and Ollama do not tell calls from stops
        return "tool_calls" if calls and reason == "stop" else reason

    @property
    def usage(self) -> Tokens | None:
        """What the gateway counts, in OpenAI's meaning; None where the provider was silent."""
        shown = self.usage_shown
        if shown is None:
            return None
        # Azure's Grok reports more cached tokens than tokens; the facts leave out a name that Mistral has for them.
        cached = min(shown.cached or self.facts["usage"]["raw"].get("num_cached_tokens", 0), shown.prompt)
        return replace(shown, cached=cached)

    @property
    def usage_shown(self) -> Tokens | None:
        """What a client is shown: the provider's numbers, put into inclusive buckets where they are not."""
        return self.replay.usage(self.facts)

    @property
    def replay(self) -> Replay:
        """How its interface is replayed."""
        return REPLAYS[self.api]


def _load() -> tuple[Case, ...]:
    index = FOLDER / "index.json"
    entries = json.loads(index.read_text("utf-8")) if index.exists() else []
    return tuple(
        Case(
            entry["case"],
            entry["provider"],
            entry["api"],
            entry["stream"],
            entry["status"],
            tuple(entry["kinds"]),
            entry["request_model"],
            entry["facts"],
        )
        for entry in entries
        if entry["api"] in REPLAYS
    )


CASES = _load()
"""The chat recordings; none where the recordings are absent."""


def params(*, streamed: bool | None = None, failed: bool | None = None) -> list[Any]:
    """The cases for ``pytest.mark.parametrize``, each under its own name; one skipped where there are none."""
    if not CASES:
        return [pytest.param(None, marks=pytest.mark.skip(reason="the recordings are not beside the repository"))]
    return [
        pytest.param(case, id=case.name)
        for case in CASES
        if streamed in (None, case.streamed) and failed in (None, case.status >= 400)
    ]
