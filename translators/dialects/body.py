"""What the bodies of all dialects have in common: JSON that is read with care, a model, fields that nobody may set."""

from typing import Any

import orjson

from translators.base import JsonObject, Malformed
from translators.dialects import checks
from translators.dialects.errors import unknown_model
from translators.dialects.shape import has_long_number, too_complex
from translators.facts import may_be_model

REFUSED = frozenset({"api_base", "base_url", "api_key", "extra_headers", "organization"})
"""They would choose the upstream or its credential (CVE-2024-6587 is what comes of that)."""


def load(raw: bytes) -> Any:
    """A body as JSON.

    Raises:
        Malformed: it is none, or too deep, or has a number without end.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        if "depth limit" in fault.msg:
            raise too_complex("it is nested too deeply") from None
        if "infinity" in fault.msg and has_long_number(raw):
            raise too_complex("a number has too many digits") from None
        why = "it is empty" if not raw.strip() else f"{fault.msg}, at character {fault.pos}"
        raise Malformed(f"We could not parse the JSON body of your request: {why}.", "invalid_json") from None


def no_object() -> Malformed:
    """A body that is JSON, and no object."""
    return Malformed("The JSON body of your request must be an object.", "invalid_type")


def model_of(body: JsonObject) -> str:
    """The model that a body asks for.

    Raises:
        Malformed: it names none, or what can be none.
    """
    model = body.get("model")
    if model is None or model == "":
        raise checks.missing("model")
    if type(model) is not str:
        raise checks.wrong_type("model", "a string", model)
    if not may_be_model(model):
        raise unknown_model(model)
    return model


def end_user(value: Any, field: str) -> None:
    """A name of the client's own for whom it asks for."""
    checks.string(value, field)
    checks.short(value, field, 256)
