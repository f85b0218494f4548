"""The form that an answer shall have: a JSON schema, or some JSON object.

A schema is enforced by ``outputConfig.textFormat`` where the model takes it. Elsewhere the answer is the input of a
tool that the model has to call, and a JSON object always is: its name is reserved, as it is at Anthropic, the client
never sees the call, and the input is the answer's text. Where the model cannot be made to call a tool, a schema rules
it out, and for an object the model is told, and the promise named. Source:
https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html, 2026-11; a schema is a string there, and
its limits are Anthropic's.
"""

from typing import Any

import orjson

from translators.base import JsonObject
from translators.providers.anthropic.schema import compilable
from translators.providers.bedrock.draft import Draft
from translators.providers.bedrock.families import Family
from translators.providers.forms import ANSWER, JSON_ONLY, is_no_objects, purpose, schema_of
from translators.providers.loose import obj

_ANY_OBJECT: JsonObject = {"type": "object"}


def set_form(draft: Draft, form: Any) -> None:
    """Set ``outputConfig.textFormat``, or the tool that stands for it."""
    kind, named = obj(form).get("type", "text"), obj(obj(form).get("json_schema"))
    if kind == "text":
        return
    schema = schema_of(form)
    if schema and draft.family.schemas:
        draft.output["textFormat"] = _native(draft, named, schema)
    elif draft.family.choices:
        spec = {"json": {"type": "object", **schema} if schema else _ANY_OBJECT}
        draft.answer = {"name": ANSWER, "description": purpose(named.get("description")), "inputSchema": spec}
    else:
        draft.system.append({"text": JSON_ONLY})
        draft.drop(f"response_format.{kind}")


def lacking_form(form: Any, family: Family) -> list[str]:
    """The form, where the family can be held to none, or by a tool alone and it is no object's."""
    if not schema_of(form) or family.schemas or (family.choices and not is_no_objects(form)):
        return []
    return ["response_format.json_schema"]


def _native(draft: Draft, named: JsonObject, schema: JsonObject) -> JsonObject:
    closed, lost = compilable(schema)
    for keyword in lost:
        draft.drop(f"response_format.json_schema.schema.{keyword}")
    definition = {name: named[name] for name in ("name", "description") if isinstance(named.get(name), str)}
    definition["schema"] = orjson.dumps(closed).decode()
    return {"type": "json_schema", "structure": {"jsonSchema": definition}}
