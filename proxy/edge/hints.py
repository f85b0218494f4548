"""A client's wishes: the ``x-switchgear-*`` headers, or the same in the body's ``switchgear`` object (DESIGN 2.3)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from translators.base import Malformed
from translators.dialects.errors import quoted

_DOLLARS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,12})?")
PREFIX = b"x-switchgear-"
TEXT_LIMIT = 256
TAGS_LIMIT = 16
NAMES = ("user", "session", "tags", "strategy", "upstreams", "trace", "max-cost", "max_cost", "cost")
"""What this version can honour; any other wish is refused by name: a wish that is not heard is a silent drop."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What a client may wish for."""

    user: str | None = None
    session: str | None = None
    tags: frozenset[str] = frozenset()
    strategy: str | None = None
    """Another scorer for this request."""
    upstreams: frozenset[str] = frozenset()
    """Only these; empty: any."""
    trace: bool = False
    """Send the decision record along, in ``x-switchgear-trace``."""
    max_cost: int | None = None
    """Micro-dollars that the request may cost at most."""
    cost: bool = False
    """Say what it cost, in the answer's usage."""


def read(headers: Iterable[tuple[bytes, bytes]], body: dict[str, Any], strategies: frozenset[str]) -> Hints:
    """Both forms, the body's winning.

    Args:
        headers: the request's, names in lower case.
        body: the body's ``switchgear`` object.
        strategies: the scorers there are.

    Raises:
        Malformed: 400; an unknown wish, or a value that is none.
    """
    lines = [line for line in headers if line[0].startswith(PREFIX)]
    if not lines and not body:
        return NONE
    wishes: dict[str, Any] = {name[len(PREFIX) :].decode("latin-1"): text.decode("latin-1") for name, text in lines}
    wishes |= body
    for name in wishes:
        if name not in NAMES:
            shown = quoted(name)
            raise Malformed(f"Unknown hint: '{shown}'.", "unknown_parameter", f"switchgear.{shown}")
    return Hints(
        user=_text(wishes, "user"),
        session=_text(wishes, "session"),
        tags=_names(wishes, "tags"),
        strategy=_choice(wishes, "strategy", strategies),
        upstreams=_names(wishes, "upstreams"),
        trace=_flag(wishes, "trace"),
        max_cost=_dollars(wishes, "max_cost" if "max_cost" in wishes else "max-cost"),
        cost=_flag(wishes, "cost"),
    )


NONE = Hints()


def _text(wishes: dict[str, Any], name: str) -> str | None:
    value = wishes.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Malformed("A string is expected.", "invalid_type", f"switchgear.{name}")
    if len(value) > TEXT_LIMIT:
        raise Malformed(f"At most {TEXT_LIMIT} characters.", "string_above_max_length", f"switchgear.{name}")
    return value


def _names(wishes: dict[str, Any], name: str) -> frozenset[str]:
    value = wishes.get(name)
    if value is None:
        return frozenset()
    if isinstance(value, str):
        value = [entry.strip() for entry in value.split(",")]
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise Malformed("A list of strings is expected.", "invalid_type", f"switchgear.{name}")
    if len(value) > TAGS_LIMIT:
        raise Malformed(f"At most {TAGS_LIMIT} entries.", "array_above_max_length", f"switchgear.{name}")
    if any(len(entry) > TEXT_LIMIT for entry in value):
        raise Malformed(f"At most {TEXT_LIMIT} characters each.", "string_above_max_length", f"switchgear.{name}")
    return frozenset(entry for entry in value if entry)


def _choice(wishes: dict[str, Any], name: str, known: frozenset[str]) -> str | None:
    value = _text(wishes, name)
    if value is not None and value not in known:
        raise Malformed(f"One of {', '.join(sorted(known))} is expected.", "invalid_value", f"switchgear.{name}")
    return value


def _dollars(wishes: dict[str, Any], name: str) -> int | None:
    """``0.05``, ``"0.05"`` or ``"$0.05"``, in micro-dollars; what is below is cut off."""
    value = wishes.get(name)
    if value is None:
        return None
    text = str(value).removeprefix("$") if isinstance(value, str | int | float) and type(value) is not bool else ""
    if not _DOLLARS.fullmatch(text):
        raise Malformed("An amount in dollars is expected, e.g. '0.05'.", "invalid_type", f"switchgear.{name}")
    return int(Decimal(text) * 1_000_000)


def _flag(wishes: dict[str, Any], name: str) -> bool:
    value = wishes.get(name)
    if value in (True, "true", "1"):
        return True
    if value in (None, False, "false", "0"):
        return False
    raise Malformed("'true' or 'false' is expected.", "invalid_type", f"switchgear.{name}")
