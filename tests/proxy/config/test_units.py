"""Units: what people write comes to exact values, and nothing is guessed."""

from typing import Any

import pytest

from policies.base import CountIn, Kinds, Seconds, Span
from proxy.config.problems import Wrong
from proxy.config.units import UNITS, Unit
from translators.facts import FailureKind

GOOD: list[tuple[str, object, object]] = [
    ("duration", "500ms", 0.5),
    ("duration", "10s", 10.0),
    ("duration", "1.5s", 1.5),
    ("duration", "0s", 0.0),
    ("duration", "2m", 120.0),
    ("duration", "1h", 3600.0),
    ("duration", "30d", 2_592_000.0),
    ("duration", "0.1s", 0.1),
    ("duration..duration", "200ms..2s", (0.2, 2.0)),
    ("duration..duration", "1s..1s", (1.0, 1.0)),
    ("duration..duration", "0.5s..1.5m", (0.5, 90.0)),
    ("count in duration", "5 in 30s", (5, 30.0)),
    ("count in duration", "1  in 500ms", (1, 0.5)),
    ("count", "1000", 1000),
    ("count", 1000, 1000),
    ("count", 0, 0),
    ("count", "200k", 200_000),
    ("count", "1.5M", 1_500_000),
    ("count", "2B", 2_000_000_000),
    ("rate", "600/min", (600, 60.0)),
    ("rate", "200k/min", (200_000, 60.0)),
    ("rate", "5/s", (5, 1.0)),
    ("rate", "1/h", (1, 3600.0)),
    ("rate", "1/hour", (1, 3600.0)),
    ("rate", "1M/day", (1_000_000, 86_400.0)),
    ("money rate", "$500/month", (500 * 10**12, "month")),
    ("money rate", "$0.000000000001/hour", (1, "hour")),
    ("money rate", "$0.1/day", (10**11, "day")),
    ("money rate", "$12.34/week", (12_340_000_000_000, "week")),
    ("token price", "$1.25/M", 1_250_000),
    ("token price", "$0/M", 0),
    ("token price", "$0.000001/M", 1),
    ("token price", "$0.002/k", 2_000_000),
    ("token price", "$15/M", 15_000_000),
    ("size", "32MiB", 32 * 2**20),
    ("size", "1B", 1),
    ("size", "1.5KiB", 1536),
    ("size", "2kB", 2000),
    ("size", "3MB", 3_000_000),
    ("size", "1GB", 10**9),
    ("size", "1GiB", 2**30),
    ("percent", "80%", 0.8),
    ("percent", "0%", 0.0),
    ("percent", "100%", 1.0),
    ("percent", "99.9%", 0.999),
    ("per", "key", ("key",)),
    ("per", "global", ("global",)),
    ("per", ["user", "tag:cost-centre", "user"], ("user", "tag:cost-centre")),
    ("failure kinds", "timeout", (FailureKind.TIMEOUT,)),
    ("failure kinds", ["timeout", "overloaded"], (FailureKind.TIMEOUT, FailureKind.OVERLOADED)),
    ("failure kinds", [], ()),
]

BAD: list[tuple[str, object]] = [
    *(
        ("duration", text)
        for text in ("10", "", "-5s", "+5s", "1e3s", "10 s", "10S", "nan", "infs", "5s ", ".5s", "5.s")
    ),
    *(("duration", value) for value in (10, 1.5, True, None, ["10s"], {"s": 10}, "٣s", "1" * 16 + "s", "10s\n")),
    *(("duration..duration", text) for text in ("2s", "2s..1s", "1s..", "..2s", "1s...2s", "1s-2s", "1..2s")),
    *(
        ("count in duration", text)
        for text in ("5", "5 in 30", "0 in 30s", "5 in 0s", "-5 in 30s", "1.5 in 30s", "5in30s")
    ),
    *(("count", value) for value in ("-1", -1, 1.5, True, "1.5", "1kk", "200K", "k", "1.0001k", "NaN")),
    *(("rate", value) for value in ("600", 600, "600/month", "600/minute", "/min", "1.5/min", "600 / min")),
    *(("money rate", text) for text in ("500/month", "$500", "$-5/month", "$500/year", "$5/min", "5$/day", "$.5/day")),
    *(("token price", value) for value in ("1.25/M", 1.25, "$1.25", "$1/B", "$1/m", "$-1/M", "$0.0000001/M", "$1 /M")),
    *(("size", value) for value in ("32", 32, "32M", "32mib", "-1B", "1.5B", "1TiB")),
    *(("percent", value) for value in ("80", 80, 0.8, "101%", "-1%", "100.1%", "80 %")),
    *(("per", value) for value in ("keys", "tag:", "tag:a b", 5, None, ["key", 5], [["key"]])),
    *(("failure kinds", value) for value in ("timeouts", 5, ["timeout", "slow"], True)),
]


@pytest.mark.parametrize(("name", "written", "value"), GOOD, ids=lambda part: str(part))
def test_a_quantity_is_read_exactly(name: str, written: object, value: object) -> None:
    """The value in base units, of the right type."""
    read = UNITS[name](written)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("name", "written"), BAD, ids=lambda part: repr(part))
def test_what_is_not_exactly_the_grammar_is_refused(name: str, written: object) -> None:
    """The message says what was expected, with an example."""
    with pytest.raises(Wrong, match=r"^expected .*e\.g\. "):
        UNITS[name](written)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_every_example_in_a_message_is_itself_good(name: str) -> None:
    """What a message proposes can be written."""
    row = UNITS[name]
    examples = row.examples if isinstance(row, Unit) else row.known

    assert examples
    assert all(row(example) is not None for example in examples)


@pytest.mark.parametrize(("name", "written", "value"), GOOD, ids=lambda part: str(part))
def test_the_schema_of_a_unit_accepts_what_the_unit_accepts(name: str, written: object, value: object) -> None:
    """An editor marks nothing that is right."""
    import jsonschema

    jsonschema.validate(written, UNITS[name].schema())


@pytest.mark.parametrize("annotation", [Seconds, Span, CountIn, Kinds])
def test_every_unit_that_policies_declare_has_a_grammar(annotation: Any) -> None:
    """The second element of an option's annotation names a row of the table."""
    assert annotation.__metadata__[0] in UNITS


def test_a_near_miss_gets_a_suggestion() -> None:
    """Words of a closed set are suggested when the one written is close."""
    with pytest.raises(Wrong) as caught:
        UNITS["failure kinds"]("timeuot")

    assert caught.value.hint == '; did you mean "timeout"?'
