"""Google's surfaces for OpenAI's SDK, as rows of the vendors' table: ``api: openai`` of ``google`` and of ``vertex``.

They know fewer parameters than Google's own API, and show thoughts only where asked in Google's words, so they are not
the first choice. Signatures come and go in ``extra_content`` of the calls.
"""

from translators.providers.vendors.vendor import OPENAI_ALONE, Vendor

_LACKS = (OPENAI_ALONE - {"messages[].content[].input_audio"}) | {
    *("logprobs", "top_logprobs", "logit_bias", "parallel_tool_calls", "prediction"),
    *("service_tier", "user", "metadata", "prompt_cache_key"),
}
_EFFORTS = ("none", "minimal", "low", "medium", "high")
"""https://ai.google.dev/gemini-api/docs/openai#thinking."""

GOOGLE = Vendor(
    "google",
    "https://generativelanguage.googleapis.com",
    "GEMINI_API_KEY",
    "https://ai.google.dev/gemini-api/docs/openai (2026-11)",
    base_tails=("/v1beta/openai", "/openai", "/v1beta"),
    path="/v1beta/openai/chat/completions",
    lacks=_LACKS,
    efforts=_EFFORTS,
    signed_calls=True,
)
VERTEX = Vendor(
    "vertex",
    "https://{region}-aiplatform.googleapis.com",
    None,
    "https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview (2026-11)",
    base_tails=("/v1beta1", "/v1"),
    path="/endpoints/openapi/chat/completions",
    lacks=_LACKS - {"functions", "function_call", "web_search_options"},
    efforts=_EFFORTS,
    signed_calls=True,
)
"""Models carry their publisher there, ``google/gemini-…``; what is not documented is ignored."""
