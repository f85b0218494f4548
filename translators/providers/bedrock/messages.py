"""The conversation: OpenAI's messages as Converse's system prompt and alternating turns.

Rules. Leading system and developer messages are ``system``, a block each; a later one stays where it is, as a user's
text in ``<system>`` tags, and so do all where the model takes no system prompt, without tags (there is nothing to tell
them from). Turns of one role are merged, and tool results go first in theirs. Some models want results alone in a turn,
and most a user to begin: there the other side says a word in between, since the API would merge or refuse them else.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html, 2026-11, and pydantic-ai's
findings (pydantic/pydantic-ai#6081).
"""

import re
import zlib

from translators.base import JsonObject
from translators.providers.bedrock.draft import Draft
from translators.providers.bedrock.parts import blocks_of, mark
from translators.providers.bedrock.reasoning import reasoning_of
from translators.providers.calls import arguments_of, called_by
from translators.providers.loose import obj, objs
from translators.providers.turns import INSTRUCTIONS, RESULTS, add_turn, tagged

_ASSENT, _OPENING = "OK.", "Go on."
_LEGAL_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")
_CLAUDES_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MISTRALS_ID = re.compile(r"[a-zA-Z0-9]{9}")
"""Mistral's models take ids of nine letters and digits alone (https://github.com/vercel/ai, amazon-bedrock)."""


def set_messages(draft: Draft, messages: list[JsonObject]) -> None:
    """Set ``system`` and ``messages``."""
    turns: list[JsonObject] = []
    call = "function_call"
    for position, message in enumerate(messages):
        role = message["role"]
        if role == "assistant" and message.get("function_call"):
            call = f"function_call_{position}"
        blocks = _blocks(draft, message, call)
        if role in INSTRUCTIONS:
            if not turns and draft.family.instructed:
                draft.system += blocks
                continue
            blocks = [_tagged(block) for block in blocks] if turns and draft.family.instructed else blocks
        add_turn(turns, "assistant" if role == "assistant" else "user", blocks)
    if not turns:
        add_turn(turns, "user", draft.system)
        draft.system = []
    draft.body["messages"] = _arranged(draft, turns)


def tool_id(draft: Draft, given: object) -> str:
    """An id in the characters that the model takes: as it is, or mended the same way each time, and one of a kind."""
    text = str(given)
    legal = {"anthropic": _CLAUDES_ID, "mistral": _MISTRALS_ID}.get(draft.vendor, _LEGAL_ID)
    if legal.fullmatch(text):
        return text
    number = zlib.crc32(text.encode())
    return f"m{number:08x}" if legal is _MISTRALS_ID else f"{_ILLEGAL.sub('_', text)[:55]}_{number:08x}"


def used_tools(draft: Draft) -> list[str]:
    """Names of the tools that a history used, each once."""
    turns: list[JsonObject] = [] if draft.plain else draft.body["messages"]
    blocks = [obj(block.get("toolUse")) for turn in turns for block in turn["content"]]
    return list(dict.fromkeys(block["name"] for block in blocks if block and not block.get("type")))


def _blocks(draft: Draft, message: JsonObject, call: str) -> list[JsonObject]:
    """The blocks of any message.

    Args:
        draft: where what is left out is named.
        message: of any role.
        call: id of the latest call in the form of old, which has none.
    """
    role, content = message["role"], message.get("content")
    if len(message) == 2 and isinstance(content, str) and role not in RESULTS:
        return blocks_of(draft, content)  # a role and a text: none of the following is in it
    if role in RESULTS:
        blocks = [_result(draft, message, call)]
    elif role == "assistant":
        blocks = _assistant(draft, message, call)
    else:
        blocks = blocks_of(draft, content)
    mark(draft, blocks, message)
    return blocks


def _assistant(draft: Draft, message: JsonObject, call: str) -> list[JsonObject]:
    """Thinking first, for Claude wants it before the tool use that came of it."""
    blocks = reasoning_of(draft, message) + _own_blocks(message) + blocks_of(draft, message.get("content"))
    if message.get("refusal"):
        blocks += blocks_of(draft, message["refusal"])
    for entry in message.get("tool_calls") or ():
        inner = called_by(entry)
        if not inner.get("name"):
            draft.drop("messages[].tool_calls")
            continue
        blocks.append(_use(tool_id(draft, entry.get("id")), inner))
        mark(draft, blocks, entry)
    legacy = obj(message.get("function_call"))
    if legacy.get("name"):
        blocks.append(_use(tool_id(draft, call), legacy))
    return blocks


def _use(name: str, called: JsonObject) -> JsonObject:
    return {"toolUse": {"toolUseId": name, "name": called["name"], "input": arguments_of(called)}}


def _own_blocks(message: JsonObject) -> list[JsonObject]:
    """Blocks of the provider's own tools, as ``response`` handed them out."""
    return objs(obj(obj(message.get("extra_content")).get("bedrock")).get("content"))


def _result(draft: Draft, message: JsonObject, call: str) -> JsonObject:
    given = message.get("tool_call_id")
    result: JsonObject = {
        "toolUseId": tool_id(draft, given if given is not None else call),
        "content": blocks_of(draft, message.get("content")),
    }
    if message.get("is_error") is not None and draft.family.status:
        result["status"] = "error" if message["is_error"] else "success"
    return {"toolResult": result}


def _tagged(block: JsonObject) -> JsonObject:
    return {"text": tagged(block["text"])} if "text" in block else block


def _arranged(draft: Draft, turns: list[JsonObject]) -> list[JsonObject]:
    """Turns in the order, and with the company, that the model wants."""
    arranged: list[JsonObject] = []
    if turns and turns[0]["role"] == "assistant" and not draft.family.leads:
        arranged.append({"role": "user", "content": [{"text": _OPENING}]})
    for turn in turns:
        if turn["role"] == "user":
            turn["content"].sort(key=lambda block: "toolResult" not in block)  # stable
        arranged += _apart(turn) if turn["role"] == "user" and draft.family.results_alone else [turn]
    for turn in arranged:
        _speak(turn)
    _strip_end(arranged)
    return arranged


def _apart(turn: JsonObject) -> list[JsonObject]:
    results = [block for block in turn["content"] if "toolResult" in block]
    others = [block for block in turn["content"] if "toolResult" not in block]
    if not results or not others:
        return [turn]
    between: JsonObject = {"role": "assistant", "content": [{"text": _ASSENT}]}
    return [{"role": "user", "content": results}, between, {"role": "user", "content": others}]


def _speak(turn: JsonObject) -> None:
    """A turn with a document must have a text as well: the document's name, where there is none."""
    kinds = {kind for block in turn["content"] for kind in block}
    if "document" in kinds and "text" not in kinds:
        document = next(block["document"] for block in turn["content"] if "document" in block)
        turn["content"].append({"text": str(document.get("name"))})


def _strip_end(turns: list[JsonObject]) -> None:
    """A last turn of the assistant's is continued, and must not end in white space (a 400)."""
    if turns and turns[-1]["role"] == "assistant" and "text" in turns[-1]["content"][-1]:
        turns[-1]["content"][-1] = {"text": turns[-1]["content"][-1]["text"].rstrip()}
