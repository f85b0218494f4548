"""The conversation: OpenAI's messages as Cohere's.

Rules. Leading system and developer messages are one system message; a later one stays where it is, as a user's text in
``<system>`` tags, for "system turn must be the first in the list" (https://docs.cohere.com/reference/errors, 2026-11).
Ids of calls are one of a kind in the whole conversation ("cannot have duplicate tool ids", "tool call id not found in
previous tool calls"): one that comes again, as some providers number the calls of each turn, is given a number.
"""

from typing import Any

import orjson

from translators.base import JsonObject
from translators.providers.calls import called_by
from translators.providers.cohere.models import Model
from translators.providers.cohere.names import spoken
from translators.providers.cohere.reasoning import plan_of, thinking_of
from translators.providers.draft import Draft
from translators.providers.loose import objs
from translators.providers.turns import INSTRUCTIONS, RESULTS, tagged

_UNNAMED = "function_call"
"""Id of a call in the form of old, which has none."""


class _Ids:
    """Ids of calls, each given once."""

    def __init__(self) -> None:
        self.latest: dict[str, str] = {}
        """By the client's own id, which results have: that of the latest call."""
        self._taken: set[str] = set()

    def new(self, given: str) -> str:
        """An id that no call had yet."""
        name, number = given, len(self._taken)
        while name in self._taken:
            name, number = f"{given}_{number}", number + 1
        self._taken.add(name)
        self.latest[given] = name
        return name


def set_messages(draft: Draft, messages: list[JsonObject], model: Model) -> None:
    """Set ``messages``."""
    said: list[JsonObject] = []
    ids = _Ids()
    for message in messages:
        role = message["role"]
        if role in INSTRUCTIONS:
            _instruct(said, message)
        elif role == "assistant":
            said += _assistant(draft, message, ids, model)
        elif role in RESULTS:
            said.append(_result(message, ids))
        else:
            said.append({"role": role, "content": content_of(message["content"])})
    draft.body["messages"] = said


def set_plain_messages(draft: Draft, messages: list[JsonObject]) -> bool:
    """Set ``messages`` as they are, each a role and a text. False, and nothing set, where it takes a closer look."""
    if any(message["role"] in INSTRUCTIONS for message in messages[1:]):
        return False
    if messages[0]["role"] == "developer":
        messages = [{**messages[0], "role": "system"}, *messages[1:]]
    draft.body["messages"] = messages
    return True


def lacking(messages: list[JsonObject]) -> list[str]:
    """The parts that stand where Cohere has no place for their kind: images in results, documents outside of them."""
    return [
        f"messages[].content[].{kind}"
        for message in messages
        for kind in [part.get("type") for part in objs(message.get("content"))]
        if kind in ("image_url", "document") and (kind == "document") != (message["role"] in RESULTS)
    ]


def content_of(content: Any) -> str | list[JsonObject]:
    """A message's content: a text stays one, parts become Cohere's."""
    if isinstance(content, str):
        return content
    return [_part(part) for part in objs(content)]


def _part(part: JsonObject) -> JsonObject:
    kind = part["type"]
    if kind == "refusal":
        return {"type": "text", "text": part["refusal"]}
    if kind == "image_url" and isinstance(part["image_url"], str):
        return {"type": "image_url", "image_url": {"url": part["image_url"]}}
    return {"type": kind, kind: part[kind]}


def _instruct(said: list[JsonObject], message: JsonObject) -> None:
    content = content_of(message["content"])
    if not said:
        said.append({"role": "system", "content": content})
    elif len(said) == 1 and said[0]["role"] == "system":
        said[0] = {"role": "system", "content": _parts(said[0]["content"]) + _parts(content)}
    else:
        texts = "".join(part["text"] for part in _parts(content))
        said.append({"role": "user", "content": tagged(texts)})


def _parts(content: str | list[JsonObject]) -> list[JsonObject]:
    if not isinstance(content, str):
        return content
    return [{"type": "text", "text": content}] if content else []


def _assistant(draft: Draft, message: JsonObject, ids: _Ids, model: Model) -> list[JsonObject]:
    """The message; none where nothing of it can be said, for an empty one is refused."""
    content = content_of(message.get("content") or "")
    if message.get("refusal"):
        content = [*_parts(content), {"type": "text", "text": message["refusal"]}]
    thinking = thinking_of(draft, message, model)
    said: JsonObject = {
        "content": thinking + _parts(content) if thinking else content,
        "tool_plan": plan_of(draft, message),
        "tool_calls": [_call(call, ids) for call in _calls(draft, message)],
        "citations": _citations(draft, message),
    }
    said = {name: value for name, value in said.items() if value}
    return [{"role": "assistant", **said}] if said else []


def _citations(draft: Draft, message: JsonObject) -> list[JsonObject]:
    """Those of Cohere's own form, as we gave them: others mean other things by the name."""
    given = objs(message.get("citations"))
    own = [citation for citation in given if "sources" in citation]
    if message.get("citations") and not own:
        draft.drop("messages[].citations")
    return own


def _calls(draft: Draft, message: JsonObject) -> list[JsonObject]:
    given = objs(message.get("tool_calls"))
    if message.get("function_call"):
        given = [{"id": _UNNAMED, "function": message["function_call"]}, *given]
    calls = [call for call in given if called_by(call).get("name")]
    if len(calls) < len(given):
        draft.drop("messages[].tool_calls")
    return calls


def _call(call: JsonObject, ids: _Ids) -> JsonObject:
    inner = called_by(call)
    arguments = inner["arguments"] if "arguments" in inner else orjson.dumps({"input": inner.get("input")}).decode()
    function = {"name": spoken(str(inner["name"])), "arguments": arguments or "{}"}
    return {"id": ids.new(str(call.get("id") or _UNNAMED)), "type": "function", "function": function}


def _result(message: JsonObject, ids: _Ids) -> JsonObject:
    given = str(message.get("tool_call_id") or _UNNAMED)
    content = content_of(message.get("content") or "")
    return {"role": "tool", "tool_call_id": ids.latest.get(given, given), "content": content}
