"""The same at Gemini, Bedrock, Cohere and Ollama, and in how streams are framed: each failure by its name."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.fuzz.invariants import decoded
from tests.fuzz.samples import STREAMS
from tests.rig.asks import HI, TIME, Json, Target, ask, call
from tests.rig.wires import anthropic_event, anthropic_events
from translators.base import ChatResponse, WireResponse
from translators.registry import PROVIDERS

WIRES = {
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-2.5-flash",
    "bedrock": "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "cohere": "command-a-03-2025",
    "ollama": "qwen3:4b",
}
"""Providers with a wire format of their own, and a model there."""
APIS = {"ollama": "native"}
THINKING_ABOVE: Json = {"promptTokenCount": 7, "candidatesTokenCount": 3, "thoughtsTokenCount": 40}


def sent(provider: str, messages: Any = HI, **body: Any) -> tuple[Json, tuple[str, ...]]:
    """The body that a request becomes, and what is named as left out of it."""
    target = Target(WIRES[provider], provider)
    request = PROVIDERS[provider].api(APIS.get(provider)).chat.request(ask(messages, **body), target)
    parsed: Json = orjson.loads(request.body)
    return parsed, request.dropped


def whole(provider: str, body: Json, **wanted: Any) -> tuple[ChatResponse, Json]:
    """A whole answer as it is read, and its first choice."""
    translator = PROVIDERS[provider].api(APIS.get(provider)).chat
    raw = WireResponse(200, {}, orjson.dumps(body))
    response = translator.response(ask(**wanted), raw, Target(WIRES[provider], provider))
    assert isinstance(response, ChatResponse), response
    choice: Json = orjson.loads(response.body)["choices"][0]
    return response, choice


def streamed(provider: str, raw: bytes) -> list[Json]:
    """The chunks of a stream that ends well."""
    reader, chunks = decoded(provider, APIS.get(provider, ""), [raw]) if provider in APIS else _first(provider, raw)
    assert reader.failure is None
    return chunks


def _first(provider: str, raw: bytes) -> Any:
    return decoded(provider, next(iter(PROVIDERS[provider].apis)), [raw])


def calls_in(chunks: list[Json]) -> list[Json]:
    """Pieces of tool calls."""
    return [
        piece for chunk in chunks for choice in chunk["choices"] for piece in choice["delta"].get("tool_calls") or ()
    ]


def ends_in(chunks: list[Json]) -> list[str]:
    """Finish reasons."""
    return [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]


def joined(chunks: list[Json], name: str) -> str:
    """A field of all deltas."""
    return "".join(choice["delta"].get(name) or "" for chunk in chunks for choice in chunk["choices"])


def gemini(*parts: Json, reason: str | None = "STOP", usage: Json | None = None, **more: Any) -> Json:
    """An answer of Gemini's, or an event."""
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, "index": 0}
    counts = usage or {"promptTokenCount": 7, "candidatesTokenCount": 3}
    return {"candidates": [candidate], "usageMetadata": counts, **more}


def sse(*documents: Json) -> bytes:
    """Events."""
    return b"".join(b"data: %b\r\n\r\n" % orjson.dumps(document) for document in documents)


FUNCTION: Json = {"functionCall": {"name": "f", "args": {"a": 1}}}


def test_geminis_tool_calls_do_not_finish_as_stop() -> None:
    """An agent would believe that the model is done."""
    _, choice = whole("google", gemini(FUNCTION))

    assert choice["finish_reason"] == "tool_calls"
    assert ends_in(streamed("google", sse(gemini(FUNCTION)))) == ["tool_calls"]


def test_geminis_thinking_tokens_are_in_the_completion_tokens() -> None:
    """They are billed as such, and Gemini has them beside."""
    response, _ = whole("google", gemini({"text": "Hi"}, usage=THINKING_ABOVE))
    said = orjson.loads(response.body)["usage"]
    last = streamed("google", sse(gemini({"text": "Hi"}, usage=THINKING_ABOVE)))[-1]["usage"]

    assert (said["completion_tokens"], said["completion_tokens_details"]["reasoning_tokens"]) == (43, 40)
    assert (last["completion_tokens"], last["completion_tokens_details"]["reasoning_tokens"]) == (43, 40)


@pytest.mark.parametrize("provider", WIRES)
def test_every_system_message_is_kept(provider: str) -> None:
    """And a developer's; not the first alone, nor the last; also one in mid-conversation."""
    said = [
        {"role": "system", "content": "Rule one"},
        {"role": "developer", "content": "Rule two"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "system", "content": "Rule three"},
        {"role": "user", "content": "Go"},
    ]
    body, dropped = sent(provider, said)
    text = orjson.dumps(body).decode()

    assert [text.count(rule) for rule in ("Rule one", "Rule two", "Rule three")] == [1, 1, 1]
    assert dropped == ()


def test_gemini_is_given_no_schema_where_there_are_no_parameters() -> None:
    """An empty one makes the model invent some; and a call without arguments has none."""
    body, _ = sent("google", tools=[TIME])
    _, choice = whole("google", gemini({"functionCall": {"name": "get_time"}}))

    assert body["tools"] == [{"functionDeclarations": [{"name": "get_time"}]}]
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "get_time", "arguments": "{}"}


def test_empty_arguments_stay_empty() -> None:
    """In a history, which OpenAI's clients send as an empty text."""
    history = [*HI, {"role": "assistant", "content": None, "tool_calls": [call("f", "", "c1")]}]
    history.append({"role": "tool", "tool_call_id": "c1", "content": "1"})
    said = {provider: sent(provider, history, tools=[TIME])[0] for provider in WIRES}

    assert said["google"]["contents"][1]["parts"][0]["functionCall"]["args"] == {}
    assert said["anthropic"]["messages"][1]["content"][0]["input"] == {}
    assert said["bedrock"]["messages"][1]["content"][0]["toolUse"]["input"] == {}
    assert said["cohere"]["messages"][1]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert said["ollama"]["messages"][1]["tool_calls"][0]["function"]["arguments"] == {}


SEARCH: list[Json] = [
    {"executableCode": {"language": "PYTHON", "code": "1"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    {"toolCall": {"toolType": "GOOGLE_SEARCH", "args": {}, "id": "s"}},
]


def test_geminis_own_tools_are_no_calls_for_the_client() -> None:
    """There is nothing for it to run, whole or streamed; what they did is kept."""
    _, choice = whole("google", gemini(*SEARCH, {"text": "1"}))
    chunks = streamed("google", sse(*(gemini(part, reason=None) for part in SEARCH), gemini({"text": "1"})))
    kept = [delta["extra_content"]["google"]["content"][0] for delta in _deltas(chunks) if "extra_content" in delta]

    assert ("tool_calls" in choice["message"], choice["finish_reason"]) == (False, "stop")
    assert choice["message"]["extra_content"]["google"]["content"] == SEARCH
    assert (calls_in(chunks), ends_in(chunks), kept) == ([], ["stop"], SEARCH)


def test_bedrocks_own_tools_are_no_calls_for_the_client() -> None:
    """The same."""
    use = {"toolUse": {"toolUseId": "s", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}}
    body: Json = {
        "output": {"message": {"role": "assistant", "content": [use, {"text": "Found."}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    }
    _, choice = whole("bedrock", body)

    assert ("tool_calls" in choice["message"], choice["finish_reason"]) == (False, "stop")
    assert choice["message"]["extra_content"]["bedrock"]["content"] == [use]


def test_anthropics_own_tools_are_no_calls_in_a_stream() -> None:
    """Its search goes to the facts, piece by piece put together."""
    head, *_ = anthropic_events([])
    use = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    raw = [
        head,
        anthropic_event("content_block_start", index=0, content_block=use),
        anthropic_event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": '{"q":1}'}),
        anthropic_event("content_block_stop", index=0),
        anthropic_event("content_block_start", index=1, content_block={"type": "text", "text": "Found."}),
        anthropic_event("content_block_stop", index=1),
        anthropic_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3}),
        anthropic_event("message_stop"),
    ]
    chunks = streamed("anthropic", b"".join(raw))
    kept = [delta["extra_content"]["anthropic"]["content"] for delta in _deltas(chunks) if "extra_content" in delta]

    assert (calls_in(chunks), ends_in(chunks)) == ([], ["stop"])
    assert kept == [[{**use, "input": {"q": 1}}]]


def test_refusals_in_a_stream_are_not_lost() -> None:
    """Anthropic's explanation, and Gemini's of a prompt that was blocked: they are refusals, and end as filtered."""
    head, *_ = anthropic_events([])
    details = {"type": "refusal", "category": "cyber", "explanation": "Not that."}
    ending = {"stop_reason": "refusal", "stop_details": details}
    claude = streamed(
        "anthropic",
        head
        + anthropic_event("message_delta", delta=ending, usage={"output_tokens": 3})
        + anthropic_event("message_stop"),
    )
    feedback = {"blockReason": "SAFETY", "blockReasonMessage": "Not that."}
    google = streamed("google", sse({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 4}}))

    for chunks in (claude, google):
        assert (joined(chunks, "refusal"), ends_in(chunks)) == ("Not that.", ["content_filter"])


COHERE_USAGE: Json = {
    "billed_units": {"input_tokens": 5, "output_tokens": 3},
    "tokens": {"input_tokens": 70, "output_tokens": 3},
    "cached_tokens": 64,
}


@pytest.mark.parametrize(
    ("native", "reason"),
    [("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("TOOL_CALL", "tool_calls")],
)
def test_coheres_finish_reasons_are_not_lost(native: str, reason: str) -> None:
    """Whole or streamed."""
    called = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = {"role": "assistant", "tool_calls": called if native == "TOOL_CALL" else []}
    _, choice = whole("cohere", {"id": "x", "finish_reason": native, "message": message})
    start = {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": called[0]}}}
    last = {"type": "message-end", "delta": {"finish_reason": native}}
    chunks = streamed("cohere", sse(*([start] if native == "TOOL_CALL" else []), last))

    assert (choice["finish_reason"], choice["native_finish_reason"]) == (reason, native)
    assert ends_in(chunks) == [reason]


def test_coheres_thinking_and_cached_tokens_are_not_lost() -> None:
    """What was read from the cache is part of what was read."""
    content = [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}]
    body = {"id": "x", "finish_reason": "COMPLETE", "message": {"content": content}, "usage": COHERE_USAGE}
    response, choice = whole("cohere", body)

    assert (choice["message"]["reasoning_content"], choice["message"]["content"]) == ("Hm", "Hi")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.cached_tokens) == (70, 64)
    assert orjson.loads(response.body)["usage"]["prompt_tokens_details"] == {"cached_tokens": 64}


def test_coheres_usage_and_thinking_are_not_lost_in_streams() -> None:
    """They come where OpenAI has them."""
    thought = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"thinking": "Hm"}}}}
    last = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": COHERE_USAGE}}
    chunks = streamed("cohere", sse(thought, last))

    assert joined(chunks, "reasoning_content") == "Hm"
    assert chunks[-1]["choices"] == []
    assert (chunks[-1]["usage"]["prompt_tokens"], chunks[-1]["usage"]["completion_tokens"]) == (70, 3)
    assert chunks[-1]["usage"]["prompt_tokens_details"] == {"cached_tokens": 64}


def test_coheres_streamed_tool_calls_are_a_list() -> None:
    """Each event of theirs has one, as an object in a field that has a list's name."""
    raw = b"".join(STREAMS["cohere", "chat"])
    found = [delta["tool_calls"] for delta in _deltas(streamed("cohere", raw)) if "tool_calls" in delta]

    assert found
    assert all(isinstance(calls, list) and isinstance(calls[0]["index"], int) for calls in found)


def test_ollamas_parallel_calls_are_not_merged() -> None:
    """On lines of their own, with one id or none: each has its index and its id, all chunks have one id."""
    lines = [
        {"message": {"content": "", "tool_calls": [{"function": {"name": name, "arguments": {"x": 1}}}]}, "done": False}
        for name in ("f", "g", "h")
    ]
    lines.append({"message": {"content": ""}, "done": True, "done_reason": "stop"})
    chunks = streamed("ollama", b"".join(orjson.dumps(line) + b"\n" for line in lines))
    calls = calls_in(chunks)

    assert [(piece["index"], piece["function"]["name"]) for piece in calls] == [(0, "f"), (1, "g"), (2, "h")]
    assert len({piece["id"] for piece in calls}) == 3
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert ends_in(chunks) == ["tool_calls"]


@pytest.mark.parametrize("provider", ["ollama", "vllm", "google"])
def test_calls_that_all_say_index_0_are_not_merged(provider: str) -> None:
    """Ollama's OpenAI interface does so (ollama/ollama#15457): a client would glue their arguments together."""
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    openings = [{**call(name, '{"x":', f"call_{name}"), "index": 0} for name in ("f", "g")]
    rest = {"index": 0, "function": {"arguments": "1}"}}
    pieces = [openings[0], rest, openings[1], rest]
    events = [
        {**head, "choices": [{"index": 0, "delta": {"tool_calls": [piece]}, "finish_reason": None}]} for piece in pieces
    ]
    events.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    reader, chunks = decoded(provider, "openai", [sse(*events) + b"data: [DONE]\n\n"])
    arguments = {0: "", 1: ""}
    for piece in calls_in(chunks):
        arguments[piece["index"]] += piece["function"]["arguments"]

    assert reader.failure is None
    assert arguments == {0: '{"x":1}', 1: '{"x":1}'}


def test_geminis_usage_in_every_event_comes_once_and_last() -> None:
    """Clients add them up."""
    chunks = streamed("google", sse(*(gemini({"text": "a"}, reason=None) for _ in range(3)), gemini({"text": "b"})))

    assert [chunk["choices"] for chunk in chunks if chunk.get("usage")] == [[]]
    assert chunks[-1]["usage"]["completion_tokens"] == 3


PDF: Json = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}


@pytest.mark.parametrize("provider", ["anthropic", "google", "bedrock"])
def test_pdfs_go_without_the_head_of_their_data_url(provider: str) -> None:
    """Bare base64, and the kind beside it."""
    body, _ = sent(provider, [{"role": "user", "content": [PDF]}])
    text = orjson.dumps(body).decode()

    assert '"JVBERi0="' in text
    assert "base64,JVBERi0=" not in text


@pytest.mark.parametrize("provider", WIRES)
def test_stop_is_a_list_wherever_it_goes(provider: str) -> None:
    """OpenAI's may be a string."""
    text = orjson.dumps(sent(provider, stop="END")[0]).decode()

    assert '["END"]' in text


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-5"])
@pytest.mark.parametrize("version", [None, "2023-06-01", "2026-10-21"])
def test_anthropic_is_sent_no_sampling_by_a_version_that_refuses_it(model: str, version: str | None) -> None:
    """2026-10-21 refuses temperature, top_p and top_k: who samples is asked by the other one, or told so."""
    target = Target(model, "anthropic", version)
    for name, value in (("temperature", 0.5), ("top_p", 0.5), ("top_k", 5)):
        request = PROVIDERS["anthropic"].api().chat.request(ask(**{name: value}), target)
        taken = model == "claude-sonnet-4-5" and version != "2026-10-21"

        assert (name in orjson.loads(request.body)) is taken
        assert request.dropped == (() if taken else (name,))
        assert not taken or request.headers["anthropic-version"] == "2023-06-01"


SSE_WIRES = [wire for wire in STREAMS if wire not in (("bedrock", "converse"), ("ollama", "native"))]
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "comments": lambda event: b": ping\n\n:\n" + event,
    "line feeds": lambda event: event.replace(b"\r\n", b"\n"),
    "CRLF": lambda event: event.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "CR": lambda event: event.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "no blank": lambda event: event.replace(b"data: ", b"data:", 1).replace(b"event: ", b"event:", 1),
    "ids and retries": lambda event: b"id: 7\nretry: 1000\n" + event,
    "names without a meaning": lambda event: event if b"event:" in event else b"event: message\n" + event,
    "blank lines": lambda event: b"\n\n" + event + b"\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("provider", "api"), SSE_WIRES)
def test_legal_forms_of_events_do_not_break_a_stream(provider: str, api: str, form: str) -> None:
    """Whatever form they are in, they mean the same; in one read, and byte by byte."""
    events = STREAMS[provider, api]
    _, expected = decoded(provider, api, events)
    raw = b"".join([FORMS[form](event) for event in events])

    for pieces in ([raw], [raw[at : at + 1] for at in range(len(raw))]):
        reader, chunks = decoded(provider, api, pieces)

        assert reader.failure is None
        assert chunks == expected


@pytest.mark.parametrize(("provider", "api"), STREAMS)
def test_a_stream_may_be_cut_anywhere(provider: str, api: str) -> None:
    """Inside of a code point, of an escape, of a frame's head or its checksum; and many events may come in one read."""
    raw = b"".join(STREAMS[provider, api])
    _, expected = decoded(provider, api, [raw])

    for at in range(len(raw)):
        reader, chunks = decoded(provider, api, [raw[:at], raw[at:]])

        assert reader.failure is None
        assert chunks == expected


def _deltas(chunks: list[Json]) -> list[Json]:
    return [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
