"""The committed JSON Schema: what an editor shows is what the loader does, as far as a schema can see."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from proxy.config import schema_json
from proxy.config.units import UNITS

HERE = Path(__file__).parent
ROOT = Path(__file__).resolve().parents[3]
LINE = "---- expect ----\n"
GOLDEN = {path.stem: path.read_text().split(LINE) for path in sorted((HERE / "golden").glob("*.yaml"))}
GOOD = sorted(name for name, (_, expected) in GOLDEN.items() if not expected.startswith("proxy.yaml:"))
UNSEEN = {
    "open_to_everybody",
    "duplicate_key",
    "unbalanced_braces",
    "odd_variables",
    "tags_and_odd_keys",
    "variable_without_quotes_in_braces",
    "nothing_written",
    "limits_of_several_workers",
    "too_many_limits",
    "models_without_a_price",
}
"""What no schema can see: how one part of the file stands to another, what variables hold, and what is no YAML."""
BAD = sorted(GOLDEN.keys() - set(GOOD) - UNSEEN)


def data(text: str) -> Any:
    """The document as an editor sees it: variables as they are written."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


@pytest.fixture(scope="module")
def committed() -> jsonschema.Draft202012Validator:
    """A validator of the file in the repository."""
    schema = json.loads(schema_json.PATH.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_committed_schema_is_the_generated_one() -> None:
    """`python -m proxy.config.schema_json` after every change of the config's shape or of a policy's options."""
    assert schema_json.PATH.read_text() == schema_json.text()


def test_the_shipped_file_is_valid_and_names_its_schema(committed: jsonschema.Draft202012Validator) -> None:
    """Its first line leads an editor to the schema."""
    text = (ROOT / "proxy.yaml").read_text()

    assert text.startswith("# yaml-language-server: $schema=./proxy/config/proxy.schema.json\n")
    assert (ROOT / "proxy/config/proxy.schema.json") == schema_json.PATH
    assert [error.message for error in committed.iter_errors(data(text))] == []


@pytest.mark.parametrize("name", GOOD)
def test_what_loads_is_valid(name: str, committed: jsonschema.Draft202012Validator) -> None:
    """An editor marks nothing in a good file."""
    assert [error.message for error in committed.iter_errors(data(GOLDEN[name][0]))] == []


@pytest.mark.parametrize("name", BAD)
def test_what_a_schema_can_see_is_not_valid(name: str, committed: jsonschema.Draft202012Validator) -> None:
    """A file with planted mistakes is marked."""
    assert list(committed.iter_errors(data(GOLDEN[name][0])))


@pytest.mark.parametrize(
    "change",
    [
        {"server": {"port": 65536}},
        {"server": {"port": "4000"}},
        {"server": {"prot": 4000}},
        {"server": {"drain": 5}},
        {"timeouts": {"gap": "30"}},
        {"state": "memroy"},
        {"upstreams": {"demo": {"provider": "dmeo"}}},
        {"upstreams": {"no/slash": {"provider": "demo"}}},
        {"upstreams": {"demo": {"provider": "demo", "base_url": "ftp://x"}}},
        {"upstreams": {"demo": {"provider": "demo", "transport": "htpx"}}},
        {"upstreams": {"demo": {"provider": "demo", "transport": {"use": "httpx", "http2": 2}}}},
        {"models": {"a*b": "demo/echo"}},
        {"models": {"m": "echo"}},
        {"models": {"m": []}},
        {"models": {"m": [{"to": "demo/echo", "weight": 0}]}},
        {"keys": [{"id": "a"}]},
        {"chain": ["access"]},
        {"chain": ["rate"]},
        {"chain": [{"rate": None}]},
        {"chain": [{"rate": {"requests": 600}}]},
        {"chain": [{"rate": {"cost": "$1/month"}}]},
        {"chain": [{"budget": "500/month"}]},
        {"chain": [{"budget": {"limit": "$5/day", "alert": [80]}}]},
        {"chain": [{"quota": {"requests": "5 in a day"}}]},
        {"chain": [{"concurrency": {"queue": {"max": 1}}}]},
        {"chain": [{"concurrency": {"limit": 5, "queue": {"mx": 1}}}]},
        {"chain": [{"retry": {"attempts": -1}}]},
        {"chain": [{"retry": {"on": ["slow"]}}]},
        {"chain": [{"breaker": {"failures": "5 per 30s"}}]},
        {"chain": [{"breaker": {}, "retry": {}}]},
        {"chain": [{"strategy": "fastest"}]},
        {"chain": [{"strategy": {"when": {"modle": "x"}}}]},
        {"chains": {"c": [{"retry": 5}]}},
    ],
    ids=json.dumps,
)
def test_one_mistake_is_enough(change: dict[str, Any], committed: jsonschema.Draft202012Validator) -> None:
    """Each of these alone is marked in a file that is otherwise good."""
    good = {"upstreams": {"demo": {"provider": "demo"}}, "models": {"demo": "demo/echo"}}

    assert committed.is_valid(good)
    assert not committed.is_valid(good | change)


def test_every_option_says_what_it_is_for() -> None:
    """An editor has something to show: sections, and the options of every policy, are described."""
    definitions = schema_json.schema()["$defs"]
    policies = [name for name in definitions if name.endswith("Options")]

    assert policies
    undescribed = [
        f"{name}.{option}"
        for name in [*policies, "Server", "Upstream", "Deadlines", "WhenSection"]
        for option, entry in definitions[name]["properties"].items()
        if not entry.get("description")
    ]
    assert undescribed == []


@pytest.mark.parametrize("name", sorted(UNITS))
def test_the_pattern_of_a_unit_is_one_that_editors_understand(name: str) -> None:
    """ECMA-262 knows no named groups in Python's spelling, and none of \\A, \\Z or inline flags."""
    assert not any(python in json.dumps(UNITS[name].schema()) for python in ("(?P", "\\\\A", "\\\\Z", "(?i"))
