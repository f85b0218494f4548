"""Errors as providers really word them, each read for what it means: by every provider's own wire format.

The bodies are from the providers' pages and from reports of their users, 2026-11; ``translators`` names the sources.
"""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from translators.base import Translator, WireResponse
from translators.facts import Failure, FailureKind
from translators.registry import PROVIDERS

K = FailureKind
SECRET = "sk-not-a-real-secret-0123456789"
AWS = {"x-amzn-errortype": "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"}
THROTTLED = {"x-amzn-errortype": "ThrottlingException"}


def openai(message: str, **fields: Any) -> Any:
    """OpenAI's envelope."""
    return {"error": {"message": message, **fields}}


def google(code: int, status: str, message: str, *details: Any) -> Any:
    """Google's."""
    return {"error": {"code": code, "status": status, "message": message, "details": list(details)}}


def anthropic(kind: str, message: str) -> Any:
    """Anthropic's."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def reader(provider: str, api: str | None) -> Translator[Any]:
    """The translator of an API; the first one where none is named."""
    return PROVIDERS[provider].api(api).chat


def read(provider: str, status: int, body: Any, api: str | None = None, **headers: str) -> Failure:
    """An answer, read."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return reader(provider, api).failure(WireResponse(status, named, orjson.dumps(body)))


TOO_LONG = [
    ("openai", 400, openai("This model's maximum context length is 8192 tokens.", code="context_length_exceeded")),
    ("openai", 400, openai("Your input exceeds the context window of this model.", code="context_length_exceeded")),
    ("azure", 400, openai("This model's maximum context length is 16385 tokens.", code="context_length_exceeded")),
    (
        "github",
        413,
        openai("Request body too large for gpt-4o model. Max size: 8000 tokens.", code="tokens_limit_reached"),
    ),
    (
        "copilot",
        400,
        openai("prompt token count of 138898 exceeds the limit of 64000", code="model_max_prompt_tokens_exceeded"),
    ),
    (
        "mistral",
        400,
        {
            "object": "error",
            "message": "Prompt contains 65673 tokens, too large for model with 32768 maximum context length",
            "type": "invalid_request_prompt",
            "code": "3051",
        },
    ),
    (
        "deepseek",
        400,
        openai("This model's maximum context length is 131072 tokens. However, you requested 131134 tokens."),
    ),
    ("groq", 400, openai("Please reduce the length of the messages or completion.", code="context_length_exceeded")),
    ("cerebras", 400, openai("Please reduce the length of the messages. Current length is 42328 while limit is 40000")),
    (
        "xai",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        },
    ),
    (
        "together",
        422,
        openai(
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens"
        ),
    ),
    ("together", 400, openai("The input (9000 tokens) is longer than the model's context length (8192 tokens).")),
    ("fireworks", 400, openai("The prompt is too long: 140000, model maximum context length: 131071")),
    ("huggingface", 422, {"error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 4545"}),
    ("openrouter", 400, openai("This endpoint's maximum context length is 131072 tokens.", code=400)),
    ("openrouter", 400, openai("Input exceeds the maximum allowed input length of 32768 tokens", code=400)),
    ("openrouter", 400, openai("Your request exceeded model token limit: 262144 (requested: 300000)", code=400)),
    ("zai", 400, openai("Prompt exceeds max length", code="1261")),
    (
        "vllm",
        400,
        openai("The decoder prompt (length 21535) is longer than the maximum model length of 16384.", code=400),
    ),
    (
        "llamacpp",
        400,
        openai("the request exceeds the available context size", type="exceed_context_size_error", code=400),
    ),
    ("ollama", 400, openai("prompt too long; exceeded max context length by 65590 tokens")),
    ("ollama native", 400, {"error": "prompt too long; exceeded max context length by 65590 tokens (ref: 1)"}),
    ("ollama native", 400, {"error": "the input length exceeds the context length"}),
    ("anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 209353 tokens > 199999 maximum")),
    (
        "anthropic",
        400,
        anthropic(
            "invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"
        ),
    ),
    (
        "google",
        400,
        google(
            400,
            "INVALID_ARGUMENT",
            "The input token count (3475108) exceeds the maximum number of tokens allowed (1048576).",
        ),
    ),
    (
        "google openai",
        400,
        [
            google(
                400,
                "INVALID_ARGUMENT",
                "The input token count (3475108) exceeds the maximum number of tokens allowed (1).",
            )
        ],
    ),
    (
        "vertex",
        400,
        google(
            400,
            "INVALID_ARGUMENT",
            "Unable to submit request because the input token count is 2000000 but model only supports up to 1048576.",
        ),
    ),
    ("bedrock", 400, {"message": "Input is too long for requested model."}),
    (
        "bedrock",
        400,
        {"message": "The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum"},
    ),
    ("bedrock", 400, {"message": "This model's maximum context length is 8192 tokens. Please reduce the prompt."}),
    ("bedrock", 400, {"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081"}),
    ("bedrock messages", 400, {"message": "prompt is too long: 200049 tokens > 200000 maximum"}),
    ("cohere", 400, {"message": "too many tokens: size limit exceeded by 1502 tokens. Try using shorter inputs."}),
]

FILTERED = [
    ("openai", 400, openai("Invalid prompt: your prompt was flagged as potentially violating our usage policy.")),
    (
        "azure",
        400,
        openai(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            code="content_filter",
            innererror={"code": "ResponsibleAIPolicyViolation"},
        ),
    ),
    ("deepseek", 400, openai("Content Exists Risk", type="invalid_request_error")),
    (
        "xai",
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
        },
    ),
    (
        "zai",
        400,
        openai("System detected potentially unsafe or sensitive content in input or generation.", code="1301"),
    ),
    ("openrouter", 403, openai("Your chosen model requires moderation and your input was flagged", code=403)),
    ("anthropic", 400, anthropic("invalid_request_error", "Output blocked by content filtering policy")),
    ("bedrock", 400, {"message": "This request has been blocked by our content filters."}),
    (
        "vertex",
        400,
        google(
            400,
            "INVALID_ARGUMENT",
            "The prompt contains sensitive words that violate Google's Responsible AI practices.",
        ),
    ),
    ("cohere", 498, {"message": "request blocked due to potential violations of the Usage Guidelines"}),
]

ABSENT = [
    ("openai", 404, openai("The model `x` does not exist or you do not have access to it.", code="model_not_found")),
    ("mistral", 400, {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500"}),
    ("perplexity", 400, openai("Invalid model 'x'. Permitted models can be found …", type="invalid_model", code=400)),
    ("deepseek", 400, openai("Model Not Exist", type="invalid_request_error", code="invalid_request_error")),
    ("openrouter", 400, openai("deepseek-chat is not a valid model ID", code=400)),
    ("zai", 400, openai("Unknown Model, please check the model code.", code="1211")),
    ("github", 400, openai("Unknown model: x", code="unknown_model")),
    ("huggingface", 400, openai("The requested model 'x' does not exist", code="model_not_found")),
    ("anthropic", 404, anthropic("not_found_error", "model: claude-9")),
    ("google", 404, google(404, "NOT_FOUND", "models/x is not found for API version v1beta")),
    ("ollama native", 404, {"error": "model 'x' not found"}),
    ("cohere", 404, {"message": "model 'x' not found, make sure the correct model ID was used"}),
]

PER_DAY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"}],
}
USED_UP = [
    ("openai", 429, openai("You exceeded your current quota, please check your plan.", code="insufficient_quota")),
    ("deepseek", 402, openai("Insufficient Balance")),
    ("xai", 403, {"error": "Your team has either used all available credits or reached its monthly spending limit."}),
    ("huggingface", 402, {"error": "You have exceeded your monthly included credits for Inference Providers."}),
    ("openrouter", 402, openai("This request requires more credits, or fewer max_tokens.", code=402)),
    ("zai", 429, openai("Insufficient balance or no resource package. Please recharge.", code="1113")),
    ("zai", 429, openai("Your account is in arrears, please recharge and try again", code="1113")),
    (
        "anthropic",
        400,
        anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
    ),
    ("google", 429, google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", PER_DAY)),
    ("bedrock", 429, {"message": "Too many tokens per day, please wait before trying again."}),
    ("cohere", 429, {"message": "You are using a Trial key, which is limited to 1000 API calls / month."}),
    ("ollama native", 429, {"error": "you've reached your hourly usage limit, please wait or upgrade to continue"}),
]

A_RATE = [
    ("openai", 429, openai("Rate limit reached for gpt-4o on tokens per min (TPM).", code="rate_limit_exceeded")),
    (
        "azure",
        429,
        openai("Your requests have exceeded the call rate limit. Please retry after 26 seconds.", code="429"),
    ),
    ("zai", 429, openai("High concurrency usage of this API, please reduce concurrency", code="1302")),
    ("anthropic", 429, anthropic("rate_limit_error", "This request would exceed your account's rate limit.")),
    ("google", 429, google(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.")),
    ("bedrock", 429, {"message": "Too many tokens, please wait before trying again."}),
    ("cohere", 429, {"message": "You are using a Trial key, which is limited to 10 API calls / minute."}),
]

OUR_KEY = [
    ("openai", 401, openai(f"Incorrect API key provided: {SECRET}.", code="invalid_api_key")),
    ("xai", 400, {"code": "Client specified an invalid argument", "error": f"Incorrect API key provided: {SECRET}."}),
    ("anthropic", 401, anthropic("authentication_error", f"invalid x-api-key: {SECRET}")),
    ("google", 400, google(400, "INVALID_ARGUMENT", f"API key not valid: {SECRET}.", {"reason": "API_KEY_INVALID"})),
    ("google openai", 400, [google(400, "INVALID_ARGUMENT", f"API key not valid: {SECRET}.")]),
    ("vertex", 403, google(403, "PERMISSION_DENIED", f"Permission denied for {SECRET}")),
    ("bedrock", 403, {"message": f"The security token {SECRET} included in the request is invalid."}),
    ("cohere", 401, {"message": f"invalid api token {SECRET}"}),
    ("ollama native", 401, {"error": f"unauthorized: {SECRET}"}),
]

CASES = [
    pytest.param(*case, kind, id=f"{kind}-{case[0]}-{number}")
    for kind, cases in (
        (K.CONTEXT_LENGTH, TOO_LONG),
        (K.CONTENT_FILTER, FILTERED),
        (K.NOT_FOUND, ABSENT),
        (K.EXHAUSTED, USED_UP),
        (K.RATE_LIMITED, A_RATE),
        (K.AUTH, OUR_KEY),
    )
    for number, case in enumerate(cases)
]


@pytest.mark.parametrize(("provider", "status", "body", "kind"), CASES)
def test_a_providers_own_words_mean_what_they_say(provider: str, status: int, body: Any, kind: K) -> None:
    """Too long, filtered, no such model, used up, too fast, our key: each has another cure, and only one is right."""
    name, _, api = provider.partition(" ")
    headers = {429: THROTTLED}.get(status, AWS) if name == "bedrock" else {}
    if kind is K.AUTH and name == "bedrock":
        headers = {"x-amzn-errortype": "UnrecognizedClientException"}

    failure = reader(name, api or None).failure(WireResponse(status, headers, orjson.dumps(body)))

    assert (failure.kind, failure.status) == (kind, status)
    assert SECRET not in failure.message
    assert (failure.message == "The upstream refused the gateway's credential.") is (kind is K.AUTH)


EVERY = [
    pytest.param(translator, id=f"{provider}-{name}-{kind}")
    for provider, row in PROVIDERS.items()
    for name, api in row.apis.items()
    for kind, translator in (("chat", api.chat), ("embeddings", api.embeddings))
    if translator is not None
]
SHAPES: list[Callable[[str], Any]] = [
    lambda text: {"error": {"message": text, "type": "x", "code": 0, "status": "X"}},
    lambda text: {"error": text},
    lambda text: {"message": text},
    lambda text: [{"error": {"message": text}}],
    lambda text: {"detail": text},
]


@pytest.mark.parametrize("translator", EVERY)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 30.0),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"retry-after": "NaN", "x-ratelimit-reset-tokens": "-1"}, None),
        ({}, None),
    ],
)
def test_every_provider_says_when_to_come_back(
    translator: Translator[Any], headers: dict[str, str], seconds: float | None
) -> None:
    """F13: in all forms of headers, whoever it is and however its body looks."""
    for shape in SHAPES:
        failure = translator.failure(WireResponse(429, headers, orjson.dumps(shape("Slow down"))))

        assert (failure.kind, failure.status, failure.retry_after) == (K.RATE_LIMITED, 429, seconds)


@pytest.mark.parametrize(("provider", "api"), [("google", "gemini"), ("google", "openai"), ("vertex", "openai")])
def test_googles_delay_is_read_on_each_of_its_surfaces(provider: str, api: str) -> None:
    """F13: it stands in the error itself; a header wins over it."""
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48.5s"}
    body = google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan.", delay)
    said = body if api == "gemini" else [body]

    assert read(provider, 429, said, api).retry_after == 48.5
    assert read(provider, 429, said, api, retry_after="7").retry_after == 7.0
    assert read(provider, 429, said, api).kind is K.RATE_LIMITED


@pytest.mark.parametrize("translator", EVERY)
@pytest.mark.parametrize("status", [401, 403])
def test_no_provider_quotes_our_credential(translator: Translator[Any], status: int) -> None:
    """S8: a refusal may well repeat what it refuses."""
    for shape in SHAPES:
        failure = translator.failure(WireResponse(status, {}, orjson.dumps(shape(f"bad key {SECRET}"))))

        assert failure.kind is K.AUTH
        assert SECRET not in repr(failure)


@pytest.mark.parametrize("translator", EVERY)
def test_every_provider_is_quoted_up_to_a_limit(translator: Translator[Any]) -> None:
    """What it says, in the shape that it has for it, reaches the client: 2 KiB of it at the most."""
    failures = [translator.failure(WireResponse(400, {}, orjson.dumps(shape("x" * 9000)))) for shape in SHAPES]

    assert max(len(failure.message) for failure in failures) == 2048
    assert "x" * 2048 in [failure.message for failure in failures]
