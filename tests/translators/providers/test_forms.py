"""Forms of answers that are said as a tool."""

from typing import Any

import pytest

from tests.rig.asks import ask
from translators.providers.forms import is_formed, is_no_objects, purpose, schema_of


def form(schema: Any) -> dict[str, Any]:
    """A schema in OpenAI's form."""
    return {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}


@pytest.mark.parametrize(
    ("given", "schema", "no_objects"),
    [
        (form({"type": "object"}), {"type": "object"}, False),
        (form({"properties": {}}), {"properties": {}}, False),
        (form({"type": "array"}), {"type": "array"}, True),
        (form(None), {}, False),
        ({"type": "json_object"}, {}, False),
        ({"type": "text"}, {}, False),
        (None, {}, False),
    ],
)
def test_a_form_may_have_a_schema(given: Any, schema: Any, no_objects: bool) -> None:
    """And the input of a tool can have that of an object alone."""
    assert schema_of(given) == schema
    assert is_no_objects(given) is no_objects


def test_the_tool_says_what_it_is_for() -> None:
    """In the client's words too, if there are any."""
    assert purpose("A trip.").endswith("with the whole answer. A trip.")
    assert purpose(None) == purpose("") == purpose(5)


def test_a_call_is_an_answer_where_a_form_was_asked_for() -> None:
    """Elsewhere it is a client's own tool of that name."""
    assert is_formed(ask(response_format={"type": "json_object"}))
    assert not is_formed(ask())
