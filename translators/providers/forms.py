"""The form that an answer shall have, where a wire format has no place for it: the input of a tool that is forced.

The tool's name is reserved, the client never sees the call, and its input is the answer's text. Such an input always is
an object, so that a schema of anything else rules such a model out.
"""

from typing import Any

from translators.base import ChatRequest, JsonObject
from translators.providers.loose import obj

ANSWER = "switchgear_answer"
"""Name of the tool whose input is the answer."""
JSON_ONLY = "Answer with one valid JSON object and nothing else: no prose around it, no code fence."
"""What a model is told that can be held to no form at all."""
_PURPOSE = "Gives the answer: its input is all that the user will read. Call it once, with the whole answer."


def purpose(description: Any) -> str:
    """What the tool is for, with the client's own description of the form where there is one."""
    return f"{_PURPOSE} {description}" if isinstance(description, str) and description else _PURPOSE


def is_formed(ask: ChatRequest) -> bool:
    """Whether a call of the reserved tool in an answer is the answer itself."""
    return ask.body.get("response_format") is not None


def schema_of(form: Any) -> JsonObject:
    """The schema of a ``response_format``; an empty one where it has none."""
    said = obj(form)
    return obj(obj(said.get("json_schema")).get("schema")) if said.get("type") == "json_schema" else {}


def is_no_objects(form: Any) -> bool:
    """Whether the form is another thing's than an object's, which the input of a tool always is."""
    return bool(schema_of(form).get("type", "object") != "object")
