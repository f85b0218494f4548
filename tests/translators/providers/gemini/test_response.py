"""Whole answers of Gemini's in OpenAI's words."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.gemini.gemini_answers import COUNTS, HEAD, answer, completion, message, read, said
from tests.translators.providers.gemini.gemini_asks import Json
from translators.base import ChatResponse
from translators.facts import Failure, FailureKind, Usage

CALL: Json = {"functionCall": {"name": "f", "args": {"a": 1}}}


def test_a_tool_call_is_no_stop() -> None:
    """Gemini says STOP for both; a peer passes it on, and agents end too early."""
    choice = completion(answer(said(CALL, reason="STOP")))["choices"][0]

    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("tool_calls", "STOP")
    assert choice["message"]["content"] is None


def test_thinking_is_in_the_completion_tokens() -> None:
    """A peer leaves it out, and the bill is too small."""
    counts = {**COUNTS, "thoughtsTokenCount": 5, "toolUsePromptTokenCount": 2, "cachedContentTokenCount": 4}
    response = read(answer(said({"text": "Hi"}, reason="STOP"), usageMetadata=counts))

    assert isinstance(response, ChatResponse)
    assert response.usage == Usage(9, 8, 4, 0, 5)
    assert orjson.loads(response.body)["usage"]["total_tokens"] == 17


def test_parallel_calls_have_ids_of_their_own() -> None:
    """Stable and unique within the answer, also where Gemini gives none."""
    body = answer(said(CALL, CALL, {"functionCall": {"name": "g", "id": "own"}}, reason="STOP"))
    calls = completion(body)["choices"][0]["message"]["tool_calls"]

    assert [call["id"] for call in calls] == ["call_ours_0_0", "call_ours_0_1", "own"]
    assert [call["function"]["arguments"] for call in calls] == ['{"a":1}', '{"a":1}', "{}"]
    assert completion(body)["choices"][0]["message"]["tool_calls"] == calls
    assert all("index" not in call for call in calls)


def test_thoughts_are_shown_and_are_no_text() -> None:
    """Pieces of one thought are one detail."""
    said_back = message({"text": "A", "thought": True}, {"text": "B", "thought": True}, {"text": "C"})

    assert (said_back["content"], said_back["reasoning_content"]) == ("C", "AB")
    assert said_back["reasoning_details"] == [
        {"type": "reasoning.text", "text": "AB", "format": "google-gemini-v1", "index": 0}
    ]


FINISHES = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "TOO_MANY_TOOL_CALLS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "BLOCKLIST": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "OTHER": "stop",
    "SOMETHING_NEW": "stop",
}


@pytest.mark.parametrize(("native", "reason"), FINISHES.items())
def test_each_reason_has_a_word_of_openais(native: str, reason: str) -> None:
    """And is there as it was said."""
    choice = completion(answer(said({"text": "Hi"}, reason=native)))["choices"][0]

    assert (choice["finish_reason"], choice["native_finish_reason"]) == (reason, native)


@pytest.mark.parametrize("native", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"])
def test_a_call_that_the_model_got_wrong_is_no_answer(native: str) -> None:
    """An agent would take it for done; another attempt mostly succeeds."""
    failure = read(answer({"content": {}, "finishReason": native, "finishMessage": "Malformed: print("}))

    assert isinstance(failure, Failure)
    assert (failure.kind, failure.code, failure.message) == (FailureKind.GARBLED, native, "Malformed: print(")
    assert failure.reached_model


def test_a_missing_signature_is_the_requests_fault() -> None:
    """No other attempt would help."""
    failure = read(answer({"finishReason": "MISSING_THOUGHT_SIGNATURE"}))

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.BAD_REQUEST
    assert failure.message == "The model's answer ended with MISSING_THOUGHT_SIGNATURE."


def test_a_blocked_prompt_is_an_answer_that_ends_for_the_filter() -> None:
    """OpenAI's clients look at the finish reason; what Gemini said of it is there too."""
    feedback = {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "Blocked.", "safetyRatings": []}
    whole = completion({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 4}, **HEAD})
    choice = whole["choices"][0]

    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("content_filter", "PROHIBITED_CONTENT")
    assert (choice["message"]["content"], choice["message"]["refusal"]) == ("", "Blocked.")
    assert choice["message"]["extra_content"] == {"google": {"promptFeedback": feedback}}
    assert whole["usage"]["total_tokens"] == 4


def test_each_candidate_is_a_choice() -> None:
    """By its own number, with ids that differ."""
    choices = completion(
        answer(said(CALL, reason="STOP", index=1), said(CALL, {"text": "x"}, reason="MAX_TOKENS", index=0))
    )["choices"]

    assert [choice["index"] for choice in choices] == [1, 0]
    assert [choice["finish_reason"] for choice in choices] == ["tool_calls", "length"]
    assert choices[0]["message"]["tool_calls"][0]["id"] != choices[1]["message"]["tool_calls"][0]["id"]


def test_googles_own_tools_are_no_tool_calls() -> None:
    """A peer hands them to the client, which has nothing to run."""
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}
    whole = message(code, result, {"text": "1"}, safetyRatings=[{"category": "X"}], finishMessage="Done.")

    assert "tool_calls" not in whole
    assert whole["content"] == "1"
    assert whole["extra_content"] == {
        "google": {"content": [code, result], "safetyRatings": [{"category": "X"}], "finishMessage": "Done."}
    }


def test_web_pages_become_annotations() -> None:
    """Offsets are bytes there, and characters here; the metadata stays."""
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a.b", "title": "A"}}, {"web": {"uri": "https://c.d"}}, {}],
        "groundingSupports": [
            {"segment": {"endIndex": 4, "text": "Olé"}, "groundingChunkIndices": [0, 1]},
            {"segment": {"startIndex": 5, "endIndex": 99}, "groundingChunkIndices": [0, 2, 7, "x"]},
            {"segment": {"endIndex": 1}},
        ],
        "webSearchQueries": ["q"],
    }
    whole = message({"text": "Olé you"}, groundingMetadata=grounding)
    found = [entry["url_citation"] for entry in whole["annotations"]]

    assert [(page["url"], page["title"], page["start_index"], page["end_index"]) for page in found] == [
        ("https://a.b", "A", 0, 3),
        ("https://c.d", "", 0, 3),
        ("https://a.b", "A", 4, 7),
    ]
    assert whole["extra_content"]["google"]["groundingMetadata"] == grounding


def test_log_probabilities_are_those_of_openai() -> None:
    """Token, bytes, and what else it could have been."""
    result = {
        "chosenCandidates": [{"token": "é", "logProbability": -0.5, "tokenId": 1}, {"token": "!"}],
        "topCandidates": [{"candidates": [{"token": "é", "logProbability": -0.5}, {"token": "e"}]}],
    }
    tokens = completion(answer(said({"text": "é!"}, reason="STOP", logprobsResult=result)))["choices"][0]["logprobs"]

    assert tokens["content"] == [
        {
            "token": "é",
            "logprob": -0.5,
            "bytes": [195, 169],
            "top_logprobs": [
                {"token": "é", "logprob": -0.5, "bytes": [195, 169]},
                {"token": "e", "logprob": 0.0, "bytes": [101]},
            ],
        },
        {"token": "!", "logprob": 0.0, "bytes": [33], "top_logprobs": []},
    ]


def test_images_and_speech_have_fields_of_their_own() -> None:
    """OpenRouter's for images, OpenAI's for speech; another file is there as it came."""
    film = {"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}}
    whole = message(
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "QQ=="}},
        {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "Qg=="}},
        film,
    )

    assert whole["images"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    assert (whole["audio"]["data"], whole["audio"]["mime_type"]) == ("QUI=", "audio/L16;rate=24000")
    assert whole["extra_content"]["google"]["content"] == [film]


def test_tokens_are_told_by_modality_and_the_tier_by_openais_word() -> None:
    """What has no place keeps its name."""
    counts = {
        **COUNTS,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}, {"modality": "IMAGE", "tokenCount": 3}],
        "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 3}],
        "serviceTier": "standard",
        "trafficType": "ON_DEMAND",
    }
    whole = completion(answer(said({"text": "x"}, reason="STOP"), usageMetadata=counts))

    assert whole["service_tier"] == "default"
    assert whole["usage"]["prompt_tokens_details"] == {"cached_tokens": 0, "text_tokens": 4, "image_tokens": 3}
    assert whole["usage"]["completion_tokens_details"] == {"reasoning_tokens": 0, "audio_tokens": 3}
    assert whole["usage"]["trafficType"] == "ON_DEMAND"


@pytest.mark.parametrize(
    "counts",
    [
        None,
        {},
        {"promptTokenCount": -1},
        {"promptTokenCount": True},
        {"promptTokenCount": 1, "thoughtsTokenCount": "x"},
    ],
)
def test_counts_that_are_none_are_no_usage(counts: Any) -> None:
    """F11: better an estimate than half."""
    response = read(answer(said({"text": "x"}, reason="STOP"), usageMetadata=counts))

    assert isinstance(response, ChatResponse)
    assert response.usage is None
    assert "usage" not in orjson.loads(response.body)


BROKEN: dict[str, Any] = {
    "no JSON": b"<html>",
    "a list": [],
    "a number": 1,
    "nothing": {},
    "no candidates": {"candidates": []},
    "candidates that are none": {"candidates": [1]},
    "a candidate of an odd number": answer(said({"text": "x"}, index=-1)),
    "parts that are none": {"candidates": [{"content": {"parts": [1]}}]},
    "a text that is none": answer(said({"text": 1})),
    "a thought that is none": answer(said({"text": 1, "thought": True})),
    "a call without a name": answer(said({"functionCall": {}})),
    "a file that is none": answer(said({"inlineData": "x"})),
    "a file of no data": answer(said({"inlineData": {"mimeType": "image/png", "data": 1}})),
    "speech that is no base64": answer(
        said(
            *[
                {"inlineData": {"mimeType": "audio/x", "data": "A"}},
                {"inlineData": {"mimeType": "audio/x", "data": "é"}},
            ]
        )
    ),
    "a reason that is none": answer({"finishReason": ["STOP"]}),
    "feedback that is none": {"promptFeedback": "x"},
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_is_none_is_garbled(body: Any) -> None:
    """Upstream bytes are hostile: never an exception (F7)."""
    failure = read(body)

    assert isinstance(failure, Failure)
    assert (failure.kind, failure.reached_model) == (FailureKind.GARBLED, True)


def test_an_error_inside_a_200_is_one() -> None:
    """In a list as well."""
    error = {"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}
    for body in (error, [error]):
        failure = read(body)

        assert isinstance(failure, Failure)
        assert (failure.kind, failure.status) == (FailureKind.OVERLOADED, 503)
