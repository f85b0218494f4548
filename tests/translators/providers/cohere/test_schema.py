"""Schemas that structured outputs take: what is not enforced moves into the description."""

import pytest

from tests.translators.providers.cohere.cohere_asks import Json
from translators.providers.cohere.schema import compilable


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a"]},
        {"type": "array", "items": {"$ref": "#/$defs/x"}, "$defs": {"x": {"const": 1}}},
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        {"type": "string", "pattern": "[a-z]+"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": False},
    ],
)
def test_what_cohere_supports_stays_as_it_is(schema: Json) -> None:
    """https://docs.cohere.com/docs/structured-outputs."""
    assert compilable(schema) == (schema, [])


@pytest.mark.parametrize(
    ("schema", "said", "lost"),
    [
        ({"type": "integer", "maximum": 9}, {"type": "integer", "description": "{maximum: 9}"}, ["maximum"]),
        (
            {"type": "string", "minLength": 1, "description": "A name"},
            {"type": "string", "description": "A name\n\n{minLength: 1}"},
            ["minLength"],
        ),
        ({"type": "string", "format": "email"}, {"type": "string", "description": "{format: email}"}, ["format"]),
        ({"type": "string", "pattern": "^a$"}, {"type": "string", "description": "{pattern: ^a$}"}, ["pattern"]),
        ({"oneOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}]}, ["oneOf"]),
        (
            {"type": "array", "items": {"type": "array", "minItems": 2}, "uniqueItems": True},
            {
                "type": "array",
                "items": {"type": "array", "description": "{minItems: 2}"},
                "description": "{uniqueItems: True}",
            },
            ["minItems", "uniqueItems"],
        ),
    ],
)
def test_what_it_does_not_is_a_description_and_named(schema: Json, said: Json, lost: list[str]) -> None:
    """At any depth."""
    assert compilable(schema) == (said, lost)


def test_a_property_may_have_a_keywords_name() -> None:
    """It is a name there, and no limit."""
    schema = {"type": "object", "properties": {"minimum": {"type": "integer"}}}

    assert compilable(schema) == (schema, [])
