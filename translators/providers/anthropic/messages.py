"""The conversation: OpenAI's messages as Anthropic's system prompt and alternating turns.

Rules. Leading system and developer messages are the system prompt, a block each. A later one stays where it is, as a
user's text in ``<system>`` tags: few models take the role in mid-conversation, and none on Bedrock or Vertex
(https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages, 2026-11), while moving it to
the front would change what it says and lose the prompt cache. Turns of one role are merged, and tool results go first
in theirs, else the API answers 400 (…/agents-and-tools/tool-use/handle-tool-calls). Nothing but instructions: they are
the user's turn, since there must be one.
"""

import re
import zlib

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.parts import blocks_of
from translators.providers.anthropic.reasoning import thinking_of
from translators.providers.calls import arguments_of, called_by
from translators.providers.loose import obj, objs
from translators.providers.turns import INSTRUCTIONS, RESULTS, add_turn, tagged

_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")
_OWN_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})
"""What a canonical message says in fields of its own."""


def set_messages(draft: Draft, messages: list[JsonObject]) -> None:
    """Set ``system`` and ``messages``."""
    system: list[JsonObject] = []
    turns: list[JsonObject] = []
    call = "function_call"
    for position, message in enumerate(messages):
        role = message["role"]
        if role == "assistant" and message.get("function_call"):
            call = f"function_call_{position}"
        blocks = _blocks(draft, message, call)
        if role in INSTRUCTIONS:
            if not turns:
                system += blocks
                continue
            blocks = [_tagged(block) for block in blocks]
        add_turn(turns, "assistant" if role == "assistant" else "user", blocks)
    if not turns:
        add_turn(turns, "user", system)
        system = []
    for turn in turns:
        turn["content"].sort(key=lambda block: block["type"] != "tool_result")  # stable
    _strip_end(turns)
    draft.body["messages"] = turns
    if system:
        draft.body["system"] = system


def tool_id(given: object) -> str:
    """An id in the characters that the API takes: as it is, or mended the same way each time, and still one of a kind.

    Ids of other providers hold dots, colons, even base64: a conversation may move here in its middle.
    """
    text = str(given)
    if text and not _ILLEGAL.search(text):
        return text
    return f"{_ILLEGAL.sub('_', text)}_{zlib.crc32(text.encode()):08x}"


def _blocks(draft: Draft, message: JsonObject, call: str) -> list[JsonObject]:
    """The blocks of any message.

    Args:
        draft: where what is left out is named.
        message: of any role.
        call: id of the latest call in the form of old, which has none.
    """
    role, content = message["role"], message.get("content")
    if len(message) == 2 and isinstance(content, str) and role not in RESULTS:
        return blocks_of(content)  # a role and a text: none of the following is in it
    if message.get("name") and role != "function":
        draft.drop("messages[].name")
    if role in RESULTS:
        return [_cached_result(message, call)]
    if role == "assistant":
        return _cached(_assistant(draft, message, call), message)
    if role == "user":
        _note_detail(draft, content)
    return _cached(blocks_of(content), message)


def _assistant(draft: Draft, message: JsonObject, call: str) -> list[JsonObject]:
    """Thinking first, for the API wants it before the tool use that came of it."""
    blocks = thinking_of(draft, message) + _own_blocks(message) + blocks_of(message.get("content"))
    if message.get("refusal"):
        blocks += blocks_of(message["refusal"])
    for entry in message.get("tool_calls") or ():
        inner = called_by(entry)
        if not inner.get("name"):
            draft.drop("messages[].tool_calls")
            continue
        blocks.append(_tool_use(tool_id(entry.get("id")), inner, entry))
    legacy = obj(message.get("function_call"))
    if legacy.get("name"):
        blocks.append(_tool_use(call, legacy, legacy))
    return blocks


def _tool_use(name: str, called: JsonObject, entry: JsonObject) -> JsonObject:
    block = {"type": "tool_use", "id": name, "name": called["name"], "input": arguments_of(called)}
    return _cached([block], entry)[0]


def _own_blocks(message: JsonObject) -> list[JsonObject]:
    """Blocks of the provider's own tools, as ``response`` handed them out."""
    blocks = objs(obj(obj(message.get("extra_content")).get("anthropic")).get("content"))
    return [block for block in blocks if block.get("type", "text") not in _OWN_BLOCKS]


def _cached_result(message: JsonObject, call: str) -> JsonObject:
    given = message.get("tool_call_id")
    result: JsonObject = {"type": "tool_result", "tool_use_id": tool_id(given) if given is not None else call}
    content = message.get("content")
    if isinstance(content, str):
        result["content"] = content
    elif content:
        result["content"] = blocks_of(content)
    if message.get("is_error") is not None:
        result["is_error"] = bool(message["is_error"])
    return _cached([result], message)[0]


def _cached(blocks: list[JsonObject], message: JsonObject) -> list[JsonObject]:
    """A mark on a whole message (LiteLLM's form) is one on its last block."""
    mark = message.get("cache_control")
    if mark and blocks:
        blocks[-1] = {"cache_control": mark, **blocks[-1]}
    return blocks


def _tagged(block: JsonObject) -> JsonObject:
    return {**block, "text": tagged(block["text"])} if block["type"] == "text" else block


def _note_detail(draft: Draft, content: object) -> None:
    for part in objs(content):
        if obj(part.get("image_url")).get("detail") not in (None, "auto"):
            draft.drop("messages[].content[].image_url.detail")


def _strip_end(turns: list[JsonObject]) -> None:
    """A last turn of the assistant's is continued, and must not end in white space (a 400)."""
    if turns and turns[-1]["role"] == "assistant" and turns[-1]["content"][-1]["type"] == "text":
        last = turns[-1]["content"][-1]
        turns[-1]["content"][-1] = {**last, "text": last["text"].rstrip()}
