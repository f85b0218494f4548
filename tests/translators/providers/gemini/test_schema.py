"""JSON schemas as Gemini's structured output takes them."""

from tests.translators.providers.gemini.gemini_asks import Json
from translators.providers.gemini.schema import enforceable


def test_a_schema_of_known_keywords_stays_as_it_is() -> None:
    """With everything it refers to."""
    schema: Json = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"anyOf": [{"type": "null"}, {"type": "string"}]}},
        "required": ["a"],
        "additionalProperties": False,
        "$defs": {"A": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}},
    }

    assert enforceable(schema) == (schema, [])


def test_keywords_that_are_not_enforced_are_found_wherever_they_are() -> None:
    """But a property may have any name."""
    schema: Json = {
        "$schema": "x",
        "properties": {"pattern": {"type": "string", "pattern": "a"}},
        "items": {"uniqueItems": True},
        "oneOf": [{"not": {"multipleOf": 2}}],
        "definitions": {"A": {"type": "string"}},
    }

    assert enforceable(schema) == (schema, ["definitions", "multipleOf", "not", "pattern", "uniqueItems"])


def test_nothing_stands_beside_a_reference() -> None:
    """A 400 otherwise; what constrained is named, a description is not."""
    schema: Json = {"properties": {"a": {"$ref": "#/$defs/A", "description": "x", "maxLength": 3}}}

    assert enforceable(schema) == ({"properties": {"a": {"$ref": "#/$defs/A"}}}, ["maxLength"])


def test_what_has_a_plainer_form_gets_it() -> None:
    """As Pydantic writes references and constants."""
    schema: Json = {
        "properties": {
            "a": {"allOf": [{"$ref": "#/$defs/A"}], "title": "A"},
            "b": {"const": "x", "type": "string"},
            "c": {"const": True},
        }
    }

    assert enforceable(schema) == (
        {"properties": {"a": {"$ref": "#/$defs/A"}, "b": {"type": "string", "enum": ["x"]}, "c": {"const": True}}},
        ["const"],
    )
