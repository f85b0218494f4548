"""Vendors that pass requests on to others."""

from translators.providers.vendors.vendor import NOT_IN_TURNS, OPENAI_ALONE, Vendor

OPENROUTER = Vendor(
    "openrouter",
    "https://openrouter.ai/api/v1",
    "OPENROUTER_API_KEY",
    "https://openrouter.ai/docs/api-reference/parameters, …/docs/use-cases/reasoning-tokens and "
    "https://github.com/OpenRouterTeam/python-sdk (1.3: ChatRequest)",
    developer_role=True,
    lacks=frozenset({"n", "functions", "function_call", "store", "safety_identifier", "prompt_cache_retention"})
    | {"tools[].custom", "tool_choice.custom", "tool_choice.allowed_tools"},
    message_drops=NOT_IN_TURNS - {"reasoning_details", "images"},
    reasoning="reasoning",
    keeps="reasoning_details",
    formats=None,
    cache_marks=True,
)

HUGGINGFACE = Vendor(
    "huggingface",
    "https://router.huggingface.co/v1",
    "HF_TOKEN",
    "https://huggingface.co/docs/inference-providers/tasks/chat-completion and huggingface_hub 2.4",
    base_tails=("/v1",),  # its tasks lie beside: /hf-inference
    path="/v1/chat/completions",
    renames={"max_completion_tokens": "max_tokens"},
    lacks=OPENAI_ALONE
    | {"n", "logit_bias"}  # "UNUSED"
    | {"parallel_tool_calls", "user", "metadata", "service_tier", "prediction", "prompt_cache_key"}
    | {"messages[].content[].image_url.detail"},
    reasoning="reasoning_content",
)

ROWS = (OPENROUTER, HUGGINGFACE)
