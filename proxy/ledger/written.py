"""How people write moments and money, and how both are written for them: whole numbers all the way, never a float."""

import re
from datetime import UTC, datetime
from decimal import Decimal

PICO_DIGITS, MICRO_DIGITS = 12, 6
"""Decimals of a dollar in the ledger's rows, and in accounts."""
MOMENT = "7d, 12h, 2026-11-01 or 2026-11-01T14:00Z"
"""Examples of what :func:`moment` reads."""
_AGO = re.compile(r"([0-9]{1,6})([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(text: str, now: float) -> float:
    """Unix seconds of a moment: so long ago, a day (it begins at midnight, UTC), or a date with a time.

    Args:
        text: as in ``MOMENT``; without a time zone it is UTC.
        now: Unix seconds.

    Raises:
        ValueError: it is none.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"expected a moment: {MOMENT}") from None


def dollars(amount: int, digits: int = PICO_DIGITS) -> str:
    """An amount of money, exact and without needless zeros: ``0.0123``.

    Args:
        amount: in the smallest unit.
        digits: decimals that this unit has.
    """
    whole, part = divmod(abs(amount), 10**digits)
    text = f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".")
    return f"-{text}" if amount < 0 else text


def short_dollars(pico: int) -> str:
    """Pico-dollars for a table: at most six decimals, rounded half up, at least two."""
    micro = (abs(pico) * 2 + 10**6) // (2 * 10**6)
    whole, part = divmod(micro, 10**MICRO_DIGITS)
    decimals = f"{part:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if pico < 0 and micro else ''}${whole:,}.{decimals}"


def micro_dollars(text: str) -> int:
    """What ``$5``, ``+$5`` or ``-$0.25`` comes to.

    Raises:
        ValueError: it is no amount of money, or finer than a micro-dollar.
    """
    match = re.fullmatch(r"([+-]?)\$([0-9]{1,10}(?:\.[0-9]{1,6})?)", text)
    if match is None:
        raise ValueError("expected dollars with at most six decimals: $5, +$0.25 or -$3")
    amount = int(Decimal(match[2]) * 10**MICRO_DIGITS)
    return -amount if match[1] == "-" else amount
