"""Coverage-guided fuzzing of one decoder: ``python -m tests.fuzz WIRE [SECONDS]``, needs ``pip install atheris``.

It runs until something breaks, or the time is over. What it found interesting is kept in memory alone.
"""

import sys

import atheris

from tests.fuzz.samples import STREAMS

WIRES = {"-".join(wire): wire for wire in STREAMS}


def main(name: str, seconds: str) -> None:
    """Fuzz the decoder of that name."""
    with atheris.instrument_imports(include=["translators"]):
        from tests.fuzz.invariants import decoded
    provider, api = WIRES[name]
    events = STREAMS[provider, api]

    def once(data: bytes) -> None:
        """Some of the events, one of them spoilt, cut somewhere."""
        dice = atheris.FuzzedDataProvider(data)
        chosen = [events[dice.ConsumeIntInRange(0, len(events) - 1)] for _ in range(dice.ConsumeIntInRange(0, 24))]
        raw = bytearray(b"".join(chosen or events))
        for _ in range(dice.ConsumeIntInRange(0, 4)):
            place = dice.ConsumeIntInRange(0, len(raw))
            raw[place : place + dice.ConsumeIntInRange(0, 12)] = dice.ConsumeBytes(dice.ConsumeIntInRange(0, 8))
        at = dice.ConsumeIntInRange(0, len(raw))
        decoded(provider, api, [bytes(raw[:at]), bytes(raw[at:])])

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=512"], once)
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in WIRES:
        sys.exit(f"which one? {', '.join(WIRES)}")
    main(sys.argv[1], (sys.argv[2:] or ["60"])[0])
