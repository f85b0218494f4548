"""The form that an answer shall have: a JSON schema, or some JSON object.

A schema is enforced by the API since 4.5 (https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
2026-11), but an object of any shape is not: the model is told, and the promise named. Older models answer with the
input of a tool that they are made to call, which always is an object: its name is reserved, the client never sees the
call, and the input is the answer's text (…/agents-and-tools/tool-use/define-tools, forcing tool use). Beside other
tools the model has to call one of them or this one. Where the client demands a call of its own there is no text.
"""

from typing import Any

from translators.base import ChatRequest, JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.models import Model
from translators.providers.anthropic.schema import compilable
from translators.providers.loose import obj

ANSWER = "switchgear_answer"
"""Name of the tool whose input is the answer."""
_PURPOSE = "Gives the answer: its input is all that the user will read. Call it once, with the whole answer."
_JSON_ONLY = "Answer with one valid JSON object and nothing else: no prose around it, no code fence."


def set_form(draft: Draft, form: Any, model: Model) -> None:
    """Set ``output_config.format``, or the tool that stands for it; ``tools`` and ``tool_choice`` stand already."""
    kind, schema = _kind(form), _schema(form)
    if kind == "text":
        return
    if not model.schemas:
        _force(draft, schema or {}, obj(form.get("json_schema")).get("description"))
    elif schema is not None:
        draft.output["format"] = {"type": "json_schema"}
        draft.output["format"]["schema"], lost = compilable(schema)
        for keyword in lost:
            draft.drop(f"response_format.json_schema.schema.{keyword}")
    else:
        draft.body["system"] = [*draft.body.get("system", ()), {"type": "text", "text": _JSON_ONLY}]
        draft.drop(f"response_format.{kind}")


def lacking_form(form: Any, model: Model) -> list[str]:
    """The form, where it is no object's and nothing but a tool's input could have it."""
    schema = _schema(form)
    if schema is None or model.schemas or schema.get("type", "object") == "object":
        return []
    return ["response_format.json_schema"]


def is_formed(ask: ChatRequest) -> bool:
    """Whether a call of the reserved tool in an answer is the answer itself."""
    return ask.body.get("response_format") is not None


def _force(draft: Draft, schema: JsonObject, description: Any) -> None:
    tools, choice = draft.body.get("tools", []), draft.body.get("tool_choice") or {}
    if choice.get("type") in ("any", "tool"):
        return
    words = " ".join(text for text in (_PURPOSE, description) if isinstance(text, str))
    tool = {"name": ANSWER, "description": words, "input_schema": {"type": "object", **schema}}
    free = tools and choice.get("type") != "none"
    draft.body["tools"] = [*tools, tool]
    forced = {"type": "any"} if free else {"type": "tool", "name": ANSWER}
    draft.body["tool_choice"] = {**forced, "disable_parallel_tool_use": True}  # one answer, or one call


def _kind(form: Any) -> str:
    return str(obj(form).get("type", "text"))


def _schema(form: Any) -> JsonObject | None:
    return obj(obj(obj(form).get("json_schema")).get("schema")) or None if _kind(form) == "json_schema" else None
