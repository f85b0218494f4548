"""Servers on machines of one's own. They pass over fields that they do not know."""

from translators.providers.vendors.vendor import OPENAI_ALONE, Vendor

_OLD_LIMIT = {"max_completion_tokens": "max_tokens"}
_UNREAD = frozenset({"user", "metadata", "service_tier", "prediction", "prompt_cache_key"}) | {
    "messages[].content[].image_url.detail"
}

OLLAMA = Vendor(
    "ollama",
    "http://127.0.0.1:11434/v1",
    "OLLAMA_API_KEY",
    "https://docs.ollama.com/api/openai-compatibility and https://github.com/ollama/ollama/blob/main/openai/openai.go",
    needs_key=False,
    renames=_OLD_LIMIT,
    lacks=OPENAI_ALONE
    | _UNREAD
    | {"tool_choice.none", "tool_choice.required", "tool_choice.function", "parallel_tool_calls"}
    | {"tools[].function.strict", "n", "logit_bias"}
    | {"messages[].content[].image_url.url"},  # "invalid image input": data URLs alone
    efforts=("none", "low", "medium", "high"),
    reasoning="reasoning",
)

VLLM = Vendor(
    "vllm",
    None,
    "VLLM_API_KEY",
    "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html and "
    "https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/chat_completion/protocol.py",
    needs_key=False,
    lacks=(OPENAI_ALONE - {"messages[].content[].input_audio"}) | _UNREAD,  # user: "will be ignored by vLLM"
    reasoning="reasoning",
)

LLAMACPP = Vendor(
    "llamacpp",
    "http://127.0.0.1:8080/v1",
    "LLAMA_API_KEY",
    "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md and …/server-common.cpp",
    needs_key=False,
    renames=_OLD_LIMIT,
    lacks=(OPENAI_ALONE - {"messages[].content[].input_audio"})
    | _UNREAD
    | {"tool_choice.function", "tools[].function.strict"},  # a choice that is no word is read as "auto"
    reasoning="reasoning_content",
)

DEMO = Vendor("demo", "", None, "answers by itself", needs_key=False, developer_role=True)

ROWS = (OLLAMA, VLLM, LLAMACPP, DEMO)
