"""The form that an answer shall have, at a vendor that knows no JSON schema: the arguments of a tool that is forced.

It is as at Anthropic's older models (``forms.py``): the tool's name is reserved, the client never sees the
call, and its arguments are the answer's text. Beside other tools the model has to call one of them or this one; where
the client demands a call of its own there is no text. Arguments are an object, so that a schema of anything else rules
the vendor out. Source: https://api-docs.deepseek.com/api/create-chat-completion (``tool_choice``), 2026-11.
"""

from translators.base import JsonObject
from translators.providers.choices import choice_of
from translators.providers.forms import ANSWER, purpose
from translators.providers.loose import obj
from translators.providers.vendors import Vendor

FORM = "response_format.json_schema"


def force_form(vendor: Vendor, body: JsonObject, dropped: list[str]) -> None:
    """Say the form as a tool, in place; ``tools`` and ``tool_choice`` stand already, in OpenAI's words.

    Args:
        vendor: the row.
        body: under construction.
        dropped: where what is left out is named.
    """
    named = obj(body.pop("response_format").get("json_schema"))
    tools, mode = body.get("tools") or [], choice_of(body).mode
    if mode not in ("auto", "none"):
        return
    function: JsonObject = {
        "name": ANSWER,
        "description": purpose(named.get("description")),
        "parameters": {"type": "object", **obj(named.get("schema"))},
    }
    if named.get("strict") and "tools[].function.strict" not in vendor.lacks:
        function["strict"] = True
    elif named.get("strict"):
        dropped.append(f"{FORM}.strict")
    body["tools"] = [*tools, {"type": "function", "function": function}]
    free = tools and mode != "none"
    body["tool_choice"] = "required" if free else {"type": "function", "function": {"name": ANSWER}}
    if "parallel_tool_calls" not in vendor.lacks:
        body["parallel_tool_calls"] = False  # one answer, or one call


def calm(vendor: Vendor, body: JsonObject, dropped: list[str]) -> None:
    """Take thinking out of a request that forces a call, in place, for a vendor that refuses both at once.

    The call is binding, thinking is not. What the client said of it is named.
    """
    if body.get("tool_choice") in (None, "auto", "none"):
        return
    rest = vendor.no_effort or {}
    for name in ("reasoning_effort", *rest):
        if body.pop(name, None) not in (None, rest.get(name)) and name not in dropped:
            dropped.append(name)
    body.update(rest)
