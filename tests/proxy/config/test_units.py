"""Units: what people write comes to exact values, and nothing is guessed."""

from typing import Any

import pytest

from policies import options
from policies.base import CountIn, Kinds, Seconds, Span
from policies.claims import EVER, Outage, Window
from proxy.config.grammar import Words
from proxy.config.problems import Wrong
from proxy.config.units import UNITS
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
    ("count per window", "1000/day", (1000, Window("day"))),
    ("count per window", "1.5M/month", (1_500_000, Window("month"))),
    ("count per window", "2/minute", (2, Window("minute"))),
    ("count per window", "1000 in 24h", (1000, Window(rolling=86_400.0))),
    ("count per window", "1k  in  500ms", (1000, Window(rolling=0.5))),
    ("count per window", "5M ever", (5_000_000, EVER)),
    ("count per window", "0/year", (0, Window("year"))),
    ("count per window", "9007199.254740991B ever", (2**53 - 1, EVER)),
    ("money", "$0.50", 500_000),
    ("money", "$20", 20_000_000),
    ("money", "$0.000001", 1),
    ("money rate", "$1/min", (1_000_000, 60.0)),
    ("money rate", "$0.1/s", (100_000, 1.0)),
    ("money rate", "$20/hour", (20_000_000, 3600.0)),
    ("money per window", "$500/month", (500_000_000, Window("month"))),
    ("money per window", "$0.1/day", (100_000, Window("day"))),
    ("money per window", "$12.34/week", (12_340_000, Window("week"))),
    ("money per window", "$20 in 24h", (20_000_000, Window(rolling=86_400.0))),
    ("money per window", "$100 ever", (100_000_000, EVER)),
    ("outage", "closed", Outage("closed")),
    ("outage", "leased_only", Outage("leased_only")),
    ("outage", "open 500 for 60s", Outage("open", 500, 60.0)),
    ("outage", "open 2k for 1.5m", Outage("open", 2000, 90.0)),
    ("money outage", "local", Outage("local")),
    ("money outage", "open $5 for 60s", Outage("open", 5_000_000, 60.0)),
    ("time zone", "UTC", "UTC"),
    ("time zone", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ("percentages", "80%", (0.8,)),
    ("percentages", ["90%", "80%", "90%"], (0.8, 0.9)),
    ("percentages", [], ()),
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
    *(("count in duration", text) for text in ("5 in 30", "5 ever")),
    *(
        ("count per window", value)
        for value in (
            "1000",
            1000,
            "1000/days",
            "1000/s",
            "-1/day",
            "1.5/day",
            "5 in 0s",
            "5 in 24",
            "5in 24h",
            "5ever",
        )
    ),
    *(("count per window", text) for text in ("1000/day in 24h", "9007199.254740992B ever", "999999999999999B/day")),
    *(("money", value) for value in ("0.50", 5, "$", "$-1", "$0.0000001", "$1k", "$99999999999", "5$")),
    *(("money rate", text) for text in ("$1", "1/min", "$1/month", "$1/minute", "$-1/min", "$0.0000001/s")),
    *(("money per window", text) for text in ("500/month", "$500", "$-5/month", "$5/min", "5$/day", "$.5/day")),
    *(("money per window", text) for text in ("$0.0000005/day", "$9007199255/month", "$5 in 0s", "$5 never")),
    *(("outage", text) for text in ("open", "open $5 for 60s", "open 5", "open 5 for 60", "opened", "closed 5 for 1s")),
    *(("money outage", text) for text in ("open", "open 5 for 60s", "open $5", "open $0.0000001 for 1s", "leased")),
    *(("time zone", value) for value in ("Berlin", "europe/berlin", "../etc/passwd", "UTC ", "+01:00", 1, None)),
    *(("percentages", value) for value in ("80", 80, ["80%", 90], ["101%"], [["80%"]])),
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
    examples = row.known if isinstance(row, Words) else row.examples

    assert examples
    assert all(row(example) is not None for example in examples)


@pytest.mark.parametrize(("name", "written", "value"), GOOD, ids=lambda part: str(part))
def test_the_schema_of_a_unit_accepts_what_the_unit_accepts(name: str, written: object, value: object) -> None:
    """An editor marks nothing that is right."""
    import jsonschema

    jsonschema.validate(written, UNITS[name].schema())


OPTIONS = [known for known in vars(options).values() if hasattr(known, "__metadata__")]


@pytest.mark.parametrize("annotation", [Seconds, Span, CountIn, Kinds, *OPTIONS])
def test_every_unit_that_policies_declare_has_a_grammar(annotation: Any) -> None:
    """The second element of an option's annotation names a row of the table."""
    assert annotation.__metadata__[0] in UNITS


def test_a_near_miss_gets_a_suggestion() -> None:
    """Words of a closed set are suggested when the one written is close."""
    with pytest.raises(Wrong) as caught:
        UNITS["failure kinds"]("timeuot")

    assert caught.value.hint == '; did you mean "timeout"?'


def test_a_zone_that_is_none_gets_a_suggestion() -> None:
    """There are six hundred of them, and nobody knows how they are spelled."""
    with pytest.raises(Wrong, match="there is no such zone") as caught:
        UNITS["time zone"]("Europe/Berln")

    assert caught.value.hint == '; did you mean "Europe/Berlin"?'
