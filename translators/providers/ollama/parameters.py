"""What Ollama's own API makes of each parameter.

Sources, 2026-11: https://docs.ollama.com/api/chat, https://docs.ollama.com/api/embed, and the types that the server
reads (ollama/ollama, api/types.go: ``ChatRequest``, ``Options``, ``Runner``, ``EmbedRequest``); what of OpenAI's has
another name there is as the server's own OpenAI interface has it (openai/openai.go, ``FromChatRequest``). Its API has
no choice among tools but to declare them or not. A parameter that is not in ``said`` is lost; how much that matters is
in ``translators.parameters``.
"""

from translators.parameters import Table
from translators.providers.unsaid import Said

OPTIONS = {
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
    "temperature": "temperature",
    "top_p": "top_p",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
} | {
    name: name
    for name in (
        *("top_k", "min_p", "typical_p", "repeat_last_n", "repeat_penalty", "num_keep", "num_predict"),
        *("num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread"),
    )
}
"""Parameters, OpenAI's and then Ollama's own, by their names among its options."""
OWN = ("logprobs", "top_logprobs", "keep_alive", "truncate", "shift")
"""Fields that pass as they are."""

TABLE = Table(
    {name: f"options.{theirs}" for name, theirs in OPTIONS.items()}
    | dict.fromkeys(OWN, "")
    | {
        "stop": "options.stop",
        "options": "",
        "tools": "tools[].function, with its parameters",
        "tool_choice.none": "no tools",
        "tool_choice.allowed_tools": "those tools alone",  # but none is forced
        "functions": "tools",
        "function_call": "tools",  # likewise
        "response_format.json_object": "format: json",
        "response_format.json_schema": "format: the schema",
        "format": "",
        "reasoning_effort": "think",
        "think": "",
        "messages[].content[].image_url": "images",  # as bytes: Ollama fetches none
        "messages[].content[].input_audio": "images",  # so does the server's own OpenAI interface
    }
)

EMBEDDINGS = Table({"input[]": "input", "dimensions": "", "truncate": "", "keep_alive": "", "options": ""})

IN_TURNS = Said(messages=frozenset({"reasoning_content", "reasoning_details"}))
"""What is read beside OpenAI's own fields."""
