"""Vendors that serve models on machines of their own, their own models or open ones."""

from translators.providers.vendors.vendor import NOT_IN_TURNS, OPENAI_ALONE, STRICT, Vendor

_OLD_LIMIT = {"max_completion_tokens": "max_tokens"}
_FOUR = ("none", "low", "medium", "high")

DEEPSEEK = Vendor(
    "deepseek",
    "https://api.deepseek.com",
    "DEEPSEEK_API_KEY",
    "https://api-docs.deepseek.com/api/create-chat-completion and …/guides/thinking_mode",
    renames=_OLD_LIMIT,
    lacks=OPENAI_ALONE
    | {"response_format.json_schema"}
    | {"n", "logit_bias", "seed", "user", "metadata", "service_tier", "prediction", "prompt_cache_key"},
    efforts=("low", "medium", "high", "xhigh", "max"),
    no_effort={"thinking": {"type": "disabled"}},
    calm_calls=True,  # "Thinking mode does not support this tool_choice": deepseek-ai/DeepSeek-V3#1376
    reasoning="reasoning_content",
    keeps="reasoning_content",  # "must be passed back" beside calls, or a 400
    unthought="",  # as recorded, beside a call that the model did not make itself
)

GROQ = Vendor(
    "groq",
    "https://api.groq.com/openai/v1",
    "GROQ_API_KEY",
    "https://console.groq.com/docs/openai (a 400: logprobs, logit_bias, top_logprobs, messages[].name, n > 1) and "
    "https://github.com/groq/groq-python (1.7)",
    lacks=(OPENAI_ALONE - {"functions", "function_call"})
    | {"logit_bias", "logprobs", "top_logprobs", "n", "messages[].name"}
    | {"metadata", "prediction", "prompt_cache_key"},
    words={"service_tier": {"default": "on_demand", "scale": None, "priority": None}},
    efforts=_FOUR,
    message_drops=STRICT - {"function_call"},
    reasoning="reasoning",
)

TOGETHER = Vendor(
    "together",
    "https://api.together.xyz/v1",
    "TOGETHER_API_KEY",
    "https://docs.together.ai/docs/openai-api-compatibility and https://github.com/togethercomputer/together-py (3.1)",
    renames=_OLD_LIMIT,
    lacks=OPENAI_ALONE
    | {"logprobs", "top_logprobs"}  # a number, answered in the form of OpenAI's completions of old
    | {"parallel_tool_calls", "prediction", "service_tier", "user", "metadata", "prompt_cache_key"},
    efforts=("low", "medium", "high"),
    no_effort={"reasoning": {"enabled": False}},
    asks_usage=False,
    reasoning="reasoning_content",
)

FIREWORKS = Vendor(
    "fireworks",
    "https://api.fireworks.ai/inference/v1",
    "FIREWORKS_API_KEY",
    "https://docs.fireworks.ai/tools-sdks/openai-compatibility and "
    "https://docs.fireworks.ai/api-reference/post-chatcompletions (fireworks-ai 1.2)",
    lacks=(OPENAI_ALONE - {"functions", "function_call"}) | {"messages[].name"},
    words={"service_tier": {"flex": None, "scale": None}},  # all but "priority" are as "default"
    efforts=_FOUR,
    asks_usage=False,
    message_drops=STRICT,
    reasoning="reasoning_content",
    keeps="reasoning_content",  # ``reasoning_history``: interleaved thinking of Kimi K2 and MiniMax M2 needs it
)

XAI = Vendor(
    "xai",
    "https://api.x.ai/v1",
    "XAI_API_KEY",
    "https://docs.x.ai/docs/api-reference (logit_bias, metadata: not supported) and https://github.com/xai-org/xai-sdk-"
    "python (1.21); live search is gone from this API (https://docs.x.ai/docs/guides/live-search)",
    lacks=(OPENAI_ALONE - {"safety_identifier"}) | {"logit_bias", "metadata", "prediction", "prompt_cache_key"},
    reasoning="reasoning_content",
)

PERPLEXITY = Vendor(
    "perplexity",
    "https://api.perplexity.ai",
    "PERPLEXITY_API_KEY",
    "https://docs.perplexity.ai/docs/sonar/openai-compatibility and https://github.com/perplexityai/perplexity-py",
    renames=_OLD_LIMIT,
    lacks=(OPENAI_ALONE - {"web_search_options"})
    | {"tools", "tools[].function.strict", "tool_choice.none", "tool_choice.required", "tool_choice.function"}
    | {"response_format.json_object"}  # text, json_schema and regex are its forms
    | {"n", "logit_bias", "logprobs", "top_logprobs", "seed", "parallel_tool_calls", "user", "metadata"}
    | {"service_tier", "prediction", "prompt_cache_key", "messages[].name", "messages[].content[].image_url.detail"},
    efforts=("minimal", "low", "medium", "high"),
    asks_usage=False,
    message_drops=STRICT,
)

CEREBRAS = Vendor(
    "cerebras",
    "https://api.cerebras.ai/v1",
    "CEREBRAS_API_KEY",
    "https://inference-docs.cerebras.ai/resources/openai and "
    "https://github.com/Cerebras/cerebras-cloud-sdk-python (1.91)",
    lacks=OPENAI_ALONE | {"metadata"},
    words={"service_tier": {"scale": None}},
    efforts=_FOUR,
    message_drops=STRICT,
    reasoning="reasoning",
)

ZAI = Vendor(
    "zai",
    "https://api.z.ai/api/paas/v4",
    "ZAI_API_KEY",
    "https://docs.z.ai/api-reference/llm/chat-completion and https://docs.z.ai/guides/capabilities/thinking-mode",
    renames=_OLD_LIMIT,
    lacks=OPENAI_ALONE
    | {"response_format.json_schema", "tool_choice.none", "tool_choice.required", "tool_choice.function"}  # auto alone
    | {"n", "logit_bias", "logprobs", "top_logprobs", "frequency_penalty", "presence_penalty", "parallel_tool_calls"}
    | {"tools[].function.strict", "user", "metadata", "service_tier", "prediction", "prompt_cache_key"},
    hottest=1.0,
    message_drops=NOT_IN_TURNS,
    reasoning="reasoning_content",
    keeps="reasoning_content",  # …/thinking-mode: interleaved thinking, to be given back with the tools' results
    cache_marks=True,
)

ROWS = (DEEPSEEK, GROQ, TOGETHER, FIREWORKS, XAI, PERPLEXITY, CEREBRAS, ZAI)
