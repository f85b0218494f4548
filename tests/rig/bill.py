"""What an upstream that keeps its own bill is told to do, and what it writes down.

A prompt is a script: it says how each model that is asked behaves, so that a request and its fail-overs need no other
channel. The bill is a file of one JSON line for each attempt that came, written before the last byte of its answer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Usage = Literal["right", "none", "zero", "negative", "huge", "twice"]
"""What the answer says of itself; ``twice``: first too little, then the truth. The bill always knows the truth."""

End = Literal["complete", "cut", "gone", "refused", "hanging"]
"""gone: the other side left first. hanging: it was still there when the upstream stopped."""


@dataclass(frozen=True)
class Act:
    """How one model answers one request."""

    do: Literal["answer", "hang", "refuse", "cut"] = "answer"
    """hang, cut: after ``pieces`` pieces; refuse: with ``status`` and no work done."""
    input: int = 20
    """Tokens read."""
    output: int = 12
    """Tokens it would like to write; ``max_tokens`` holds it back."""
    pieces: int = 4
    """How many a stream has; of a whole answer that is cut, 0 says that not even its head comes."""
    delay: float = 0.0
    """Seconds before the head."""
    pace: float = 0.0
    """Seconds before each piece."""
    status: int = 500
    usage: Usage = "right"
    over: bool = False
    """It does not care for ``max_tokens`` (F12)."""


ANSWER = Act()


@dataclass(frozen=True)
class Script:
    """One request: its name on the bill, and how the models behave; one that is not named just answers."""

    id: str
    acts: Mapping[str, Act] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """The text of the message that carries it."""
        acts = {model: _unlike(act) for model, act in self.acts.items()}
        return _MARK + json.dumps({"id": self.id, "acts": acts}, separators=(",", ":"))

    @property
    def messages(self) -> list[dict[str, str]]:
        """A conversation of that message alone."""
        return [{"role": "user", "content": self.prompt}]


@dataclass(frozen=True)
class Entry:
    """One attempt as the upstream counts it."""

    request: str
    """The script's name; empty where there was none."""
    model: str
    end: End
    input: int
    output: int
    """What was really written: also of answers that nobody heard the end of."""
    key: str = ""
    """The credential."""
    usage: Usage = "right"
    began: float = 0.0
    """Unix seconds at which it had been read."""
    ended: float = 0.0

    @property
    def line(self) -> bytes:
        """As the file has it."""
        return json.dumps(asdict(self), separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True)
class Rate:
    """Pico-dollars for a token."""

    input: int
    output: int

    def of(self, entry: Entry) -> int:
        """What an attempt costs."""
        return self.input * entry.input + self.output * entry.output


def told(messages: Any) -> Script:
    """The script that a conversation carries: its last message's, if that is one."""
    content = messages[-1]["content"] if messages else ""
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    if not text.startswith(_MARK):
        return _NONE
    said = json.loads(text[len(_MARK) :])
    return Script(said["id"], {model: Act(**act) for model, act in said["acts"].items()})


def read(path: Path) -> list[Entry]:
    """The bill so far, in the order in which attempts ended."""
    return [Entry(**json.loads(line)) for line in path.read_bytes().splitlines()]


def total(entries: Iterable[Entry], rates: Mapping[str, Rate]) -> int:
    """Pico-dollars of all these; ``rates`` by model."""
    return sum(rates[entry.model].of(entry) for entry in entries)


def _unlike(act: Act) -> dict[str, Any]:
    """What is not as usual."""
    usual = asdict(ANSWER)
    return {name: value for name, value in asdict(act).items() if value != usual[name]}


_MARK = "script:"
_NONE = Script("")
