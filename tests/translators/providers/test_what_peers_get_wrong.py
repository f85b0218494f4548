"""Failures that were measured in other gateways on real traffic, each by its name: none may be found here."""

from typing import Any

import orjson
import pytest

from tests.rig.asks import HI, Json, Target, ask, call
from tests.translators.providers.anthropic.anthropic_asks import wire as to_anthropic
from translators.base import ChatResponse, WireResponse
from translators.framing.sse import frame
from translators.providers.anthropic import Anthropic
from translators.providers.openai import OpenAI
from translators.providers.vendors import VENDORS

HEAD: Json = {"id": "x", "created": 1, "model": "m"}


def whole(vendor: str, choice: Json, **fields: Any) -> Json:
    """What an answer with one choice becomes."""
    raw = orjson.dumps({**HEAD, "object": "chat.completion", "choices": [{"index": 0, **choice}], **fields})
    response = OpenAI(VENDORS[vendor]).response(ask(), WireResponse(200, {}, raw), Target())
    assert isinstance(response, ChatResponse)
    answer: Json = orjson.loads(response.body)
    return answer


def stream(vendor: str, *choices: Json, asked: bool = False, **fields: Any) -> list[Json]:
    """The chunks that a stream with such choices becomes."""
    options: Json = {"stream_options": {"include_usage": True}} if asked else {}
    decoder = OpenAI(VENDORS[vendor]).decoder(ask(stream=True, **options), Target())
    chunks = [
        {
            **HEAD,
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "finish_reason": None, **choice}],
            **fields,
        }
        for choice in choices
    ]
    out = b"".join([decoder.feed(frame(orjson.dumps(chunk))) for chunk in chunks]) + decoder.feed(b"data: [DONE]\n\n")
    assert decoder.finished
    return [orjson.loads(event.removeprefix(b"data: ")) for event in out.split(b"\n\n")[:-1]]


END: Json = {"delta": {}, "finish_reason": "stop"}


def test_streamed_refusals_are_not_lost() -> None:
    """OpenAI's: they are content, without a text."""
    chunks = stream("openai", *({"delta": {"refusal": piece}} for piece in ("I'm ", "sorry.")), END)

    assert "".join(chunk["choices"][0]["delta"].get("refusal") or "" for chunk in chunks) == "I'm sorry."


def test_deepseeks_whole_tool_calls_are_not_dropped() -> None:
    """A call may come in one delta, its arguments and all, with the finish beside it."""
    calls = [{"index": index, **call("f", '{"a":1}', f"c{index}")} for index in (0, 1)]
    chunks = stream("deepseek", {"delta": {"tool_calls": calls}, "finish_reason": "tool_calls"})

    assert chunks[0]["choices"][0]["delta"]["tool_calls"] == calls
    assert chunks[0]["choices"][0]["finish_reason"] == "tool_calls"


def test_groqs_answers_need_no_service_tier() -> None:
    """Nor does one of its own break anything."""
    choice = {"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}

    assert "service_tier" not in whole("groq", choice)
    assert whole("groq", choice, service_tier="on_demand")["service_tier"] == "on_demand"


def test_azures_answer_whose_filter_removed_the_message_is_one() -> None:
    """What the filter found is kept, in the choice and beside it."""
    results = {"hate": {"filtered": True, "severity": "high"}}
    prompt = [{"prompt_index": 0, "content_filter_results": results}]
    answer = whole(
        "azure",
        {"finish_reason": "content_filter", "content_filter_results": results},
        prompt_filter_results=prompt,
    )

    assert answer["choices"][0]["message"] == {"role": "assistant", "content": None}
    assert answer["choices"][0]["content_filter_results"] == results
    assert answer["prompt_filter_results"] == prompt


def test_azures_filter_results_are_kept_in_streams() -> None:
    """In chunks of their own, and in those of texts."""
    results = {"hate": {"filtered": False, "severity": "safe"}}
    chunks = stream("azure", {"delta": {"content": "Hi"}, "content_filter_results": results}, END)

    assert chunks[0]["choices"][0]["content_filter_results"] == results


def test_mistrals_thinking_and_references_are_not_lost() -> None:
    """Content in chunks is no text, and no reason to fail."""
    chunks = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Rome"},
        {"type": "reference", "reference_ids": [1]},
    ]
    message = whole("mistral", {"message": {"role": "assistant", "content": chunks}, "finish_reason": "stop"})
    said = message["choices"][0]["message"]

    assert (said["content"], said["reasoning_content"]) == ("Rome", "hm")
    assert said["extra_content"] == {"mistral": {"content": chunks[2:]}}


def test_perplexitys_sources_are_not_lost() -> None:
    """They stand beside the choices, in an answer and in each chunk."""
    found: Json = {"citations": ["https://example.org"], "search_results": [{"url": "https://example.org"}]}
    choice = {"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    chunks = stream("perplexity", {"delta": {"content": "a"}}, {"delta": {"content": "b"}}, END, **found)

    assert whole("perplexity", choice, **found).items() >= found.items()
    assert all(chunk.items() >= found.items() for chunk in chunks)


def test_usage_in_every_chunk_comes_once_and_last() -> None:
    """Clients add them up."""
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    choices = [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}, END]
    chunks = stream("perplexity", *choices, asked=True, usage=usage)
    unasked = stream("perplexity", *choices, usage=usage)

    assert [chunk["usage"] for chunk in chunks if chunk.get("usage")] == [usage]
    assert chunks[-1]["choices"] == []
    assert not any(chunk.get("usage") for chunk in unasked)


def test_xais_empty_finish_reason_is_none() -> None:
    """Beside calls, it has stopped for them; in a stream, it has not stopped at all yet."""
    calls = [call("f", "{}", "c")]
    answer = whole("xai", {"message": {"role": "assistant", "content": "", "tool_calls": calls}, "finish_reason": ""})
    chunks = stream("xai", {"delta": {"content": "a"}, "finish_reason": ""}, {"delta": {"content": "b"}}, END)

    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]


def test_anthropics_own_tools_are_no_calls_for_the_client() -> None:
    """There is nothing for it to run."""
    content: list[Json] = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
        {"type": "text", "text": "Found."},
    ]
    raw = {**HEAD, "content": content, "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}
    response = Anthropic().response(ask(), WireResponse(200, {}, orjson.dumps(raw)), Target("claude-sonnet-4-5"))

    assert isinstance(response, ChatResponse)
    choice = orjson.loads(response.body)["choices"][0]
    assert ("tool_calls" in choice["message"], choice["finish_reason"]) == (False, "stop")
    assert choice["message"]["extra_content"]["anthropic"]["content"] == content[:2]


@pytest.mark.parametrize("limit", [1500, 4000, None])
def test_anthropics_thinking_budget_stays_below_the_limit(limit: int | None) -> None:
    """The client's own limit or ours."""
    body: Json = {"max_tokens": limit} if limit else {}
    _, sent = to_anthropic(reasoning_effort="high", **body)

    assert 1024 <= sent["thinking"]["budget_tokens"] < sent["max_tokens"]


def test_anthropic_gets_no_tool_ids_that_it_refuses() -> None:
    """Another provider's hold colons and dots; call and result still pair up."""
    history = [
        *HI,
        {"role": "assistant", "content": None, "tool_calls": [call("f", "{}", "functions.f:0")]},
        {"role": "tool", "tool_call_id": "functions.f:0", "content": "1"},
    ]
    _, sent = to_anthropic(history)
    used, result = sent["messages"][1]["content"][0]["id"], sent["messages"][2]["content"][0]["tool_use_id"]

    assert used == result
    assert used.replace("_", "").isalnum()


def test_anthropic_gets_pdfs_without_the_head_of_their_data_url() -> None:
    """Bare base64, and the kind beside it."""
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
    _, sent = to_anthropic([{"role": "user", "content": [part]}])

    assert sent["messages"][0]["content"][0]["source"] == {
        "type": "base64",
        "media_type": "application/pdf",
        "data": "JVBERi0=",
    }


def test_anthropic_gets_stop_as_a_list() -> None:
    """OpenAI's may be a string."""
    assert to_anthropic(stop="END")[1]["stop_sequences"] == ["END"]
