"""What a provider wants to see again of its last turn, given back where the client did not keep it.

Thinking that is signed or encrypted has to come back beside the tool calls that came of it, or the next turn is
refused. Clients that know OpenAI's fields alone drop it. A target of another provider never sees it: what is of a
foreign ``format`` its translator leaves out, and names.
"""

from collections.abc import Iterator
from dataclasses import replace

from proxy.engine.ports import Mementos
from translators.base import ChatRequest, JsonObject

MOST_CALLS = 1024
"""Tool calls of one request that are looked up, from the last one back; a client may send a million."""
_STATE = ("reasoning_details", "thinking_blocks", "extra_content")
"""A client that sends one of these keeps state itself. ``reasoning_content`` is no state but a text to read: many
clients send it back, and nothing else."""


async def recalled(ask: ChatRequest, scope: str, mementos: Mementos) -> tuple[ChatRequest, int]:
    """A request whose history has what providers want to see again, as far as it is known.

    Args:
        ask: as the client sent it; what it sent wins, and stays as it is.
        scope: whose mementos to look for.
        mementos: where to look.

    Returns:
        The request, and how many of its messages were given something back.
    """
    messages: list[JsonObject] = ask.body["messages"]
    bare = {position: calls for position in range(len(messages)) if (calls := _calls_without_state(messages[position]))}
    if not bare:
        return ask, 0
    wanted = [call for position in reversed(bare) for call in bare[position]]
    known = await mementos.recall(scope, dict.fromkeys(wanted[:MOST_CALLS]))
    restored = dict(_restored(messages, bare, known))
    if not restored:
        return ask, 0
    history = [restored.get(position, message) for position, message in enumerate(messages)]
    return replace(ask, body={**ask.body, "messages": history}), len(restored)


def _calls_without_state(message: JsonObject) -> list[str]:
    """Ids of an assistant's tool calls, if nothing is there of what came with them."""
    calls = message.get("tool_calls")
    if not calls or message["role"] != "assistant" or any(message.get(name) for name in _STATE):
        return []
    if any(call.get("extra_content") for call in calls):  # Google's own place for a signature
        return []
    return [call["id"] for call in calls if call.get("id")]


def _restored(
    messages: list[JsonObject], bare: dict[int, list[str]], known: dict[str, JsonObject]
) -> Iterator[tuple[int, JsonObject]]:
    """The messages that get something back, by position. All calls of an answer share one memento: it counts once."""
    for position, calls in bare.items():
        message, fields = messages[position], next((known[call] for call in calls if call in known), {})
        missing = {name: value for name, value in fields.items() if not message.get(name)}
        kept = {name: fields[name] for name in fields.keys() - missing.keys()}
        if missing and all(message[name] == value for name, value in kept.items()):  # else the client has changed it
            yield position, {**message, **missing}
