"""The form that an answer shall have: a JSON schema, or some JSON object.

A schema is enforced by the API since 4.5 (https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
2026-11), but an object of any shape is not: the model is told, and the promise named. Older models answer with the
input of a tool that they are made to call, which always is an object: its name is reserved, the client never sees the
call, and the input is the answer's text (…/agents-and-tools/tool-use/define-tools, forcing tool use). Beside other
tools the model has to call one of them or this one. Where the client demands a call of its own there is no text.
"""

from typing import Any

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.models import Model
from translators.providers.anthropic.schema import compilable
from translators.providers.forms import ANSWER, JSON_ONLY, is_no_objects, purpose, schema_of
from translators.providers.loose import obj


def set_form(draft: Draft, form: Any, model: Model) -> None:
    """Set ``output_config.format``, or the tool that stands for it; ``tools`` and ``tool_choice`` stand already."""
    kind, schema = str(obj(form).get("type", "text")), schema_of(form)
    if kind == "text":
        return
    if not model.schemas:
        _force(draft, schema, obj(form.get("json_schema")).get("description"))
    elif schema:
        draft.output["format"] = {"type": "json_schema"}
        draft.output["format"]["schema"], lost = compilable(schema)
        for keyword in lost:
            draft.drop(f"response_format.json_schema.schema.{keyword}")
    else:
        draft.body["system"] = [*draft.body.get("system", ()), {"type": "text", "text": JSON_ONLY}]
        draft.drop(f"response_format.{kind}")


def lacking_form(form: Any, model: Model) -> list[str]:
    """The form, where it is no object's and nothing but a tool's input could have it."""
    return ["response_format.json_schema"] if is_no_objects(form) and not model.schemas else []


def _force(draft: Draft, schema: JsonObject, description: Any) -> None:
    tools, choice = draft.body.get("tools", []), draft.body.get("tool_choice") or {}
    if choice.get("type") in ("any", "tool"):
        return
    tool = {"name": ANSWER, "description": purpose(description), "input_schema": {"type": "object", **schema}}
    free = tools and choice.get("type") != "none"
    draft.body["tools"] = [*tools, tool]
    forced = {"type": "any"} if free else {"type": "tool", "name": ANSWER}
    draft.body["tool_choice"] = {**forced, "disable_parallel_tool_use": True}  # one answer, or one call
