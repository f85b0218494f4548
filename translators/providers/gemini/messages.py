"""The conversation: OpenAI's messages as Gemini's ``systemInstruction`` and ``contents``.

Rules. Leading system and developer messages are the system instruction, a part each. A later one stays where it is, as
a user's text in ``<system>`` tags, since the API knows no such role (https://ai.google.dev/api/caching#Content,
2026-11), and moving it to the front would change what it says. Turns of one role are merged. Results of functions go
first in their turn, in the order of their calls, and each has its call's name, which OpenAI does not repeat: without
ids, Gemini pairs them by name and place (https://ai.google.dev/gemini-api/docs/function-calling). Nothing but
instructions: they are the user's turn, since there must be one.
"""

from translators.base import JsonObject
from translators.providers.calls import arguments_of, called_by
from translators.providers.gemini.draft import Draft
from translators.providers.gemini.parts import inline, parts_of
from translators.providers.gemini.reasoning import UNSIGNED, State, signature_on, state_of
from translators.providers.gemini.results import in_order, result_of
from translators.providers.loose import obj, objs
from translators.providers.turns import INSTRUCTIONS, RESULTS, add_turn, tagged


def set_contents(draft: Draft, messages: list[JsonObject]) -> None:
    """Set ``systemInstruction`` and ``contents``."""
    system: list[JsonObject] = []
    turns: list[JsonObject] = []
    names: dict[str, str] = {}
    for message in messages:
        role = message["role"]
        if role in INSTRUCTIONS:
            parts = parts_of(message.get("content"))
            if turns:
                add_turn(turns, "user", [{"text": tagged(part["text"])} for part in parts], "parts")
            else:
                system += parts
        elif role == "assistant":
            add_turn(turns, "model", _assistant(draft, message, names), "parts")
        elif role in RESULTS:
            add_turn(turns, "user", result_of(message, names, with_media=draft.model.signed), "parts")
        else:
            add_turn(turns, "user", parts_of(message.get("content")), "parts")
    if not turns:
        add_turn(turns, "user", system, "parts")
        system = []
    in_order(turns)
    if draft.model.signed:
        _sign(turns)
    draft.body["contents"] = turns
    if system:
        draft.body["systemInstruction"] = {"parts": system}


def _assistant(draft: Draft, message: JsonObject, names: dict[str, str]) -> list[JsonObject]:
    """Thoughts first, then what Google's own tools did, texts, images, and calls, as the model says them."""
    state = state_of(draft, message)
    own = objs(obj(obj(message.get("extra_content")).get("google")).get("content"))
    texts = parts_of(message.get("content")) + parts_of(message.get("refusal"))
    parts = state.thoughts + own + _signed(texts, state.texts) + _images(message)
    for entry in objs(message.get("tool_calls")):
        inner = called_by(entry)
        if inner.get("name"):
            parts.append(_call(entry, inner, state, names))
        else:
            draft.drop("messages[].tool_calls")
    legacy = obj(message.get("function_call"))
    if legacy.get("name"):
        parts.append({"functionCall": {"name": legacy["name"], "args": arguments_of(legacy)}})
    return parts


def _signed(texts: list[JsonObject], signatures: list[str]) -> list[JsonObject]:
    """A text's signature is on its part; on an empty one where it has none, as it comes at the end of a stream."""
    if not signatures:
        return texts
    first, *more = signatures
    *before, last = texts or [{"text": ""}]
    return [*before, {**last, "thoughtSignature": first}] + [{"text": "", "thoughtSignature": name} for name in more]


def _images(message: JsonObject) -> list[JsonObject]:
    """Images that the model made, as ``response`` handed them out: it edits what it sees again with its signature."""
    parts = []
    for image in objs(message.get("images")):
        head, comma, data = str(obj(image.get("image_url")).get("url")).partition(";base64,")
        if comma and head.startswith("data:"):
            signature = signature_on(image)
            parts.append(inline(head[5:], data) | ({"thoughtSignature": signature} if signature else {}))
    return parts


def _call(entry: JsonObject, inner: JsonObject, state: State, names: dict[str, str]) -> JsonObject:
    call: JsonObject = {"name": inner["name"], "args": arguments_of(inner)}
    part: JsonObject = {"functionCall": call}
    given = entry.get("id")
    if isinstance(given, str) and given:
        names[given] = inner["name"]
        part["functionCall"] = {"id": given, **call}
    signature = signature_on(entry) or state.calls.get(str(given))
    return part | ({"thoughtSignature": signature} if signature else {})


def _sign(turns: list[JsonObject]) -> None:
    """The first call of each step since the user last spoke must be signed; earlier ones are not looked at."""
    spoken = [
        position
        for position, turn in enumerate(turns)
        if turn["role"] == "user" and any("functionResponse" not in part for part in turn["parts"])
    ]
    for turn in turns[spoken[-1] if spoken else 0 :]:
        calls = [part for part in turn["parts"] if "functionCall" in part]
        if calls and turn["role"] == "model":
            calls[0].setdefault("thoughtSignature", UNSIGNED)
