"""What the Messages API makes of each parameter.

Source: https://platform.claude.com/docs/en/api/messages, 2026-11; the pages of single features are in ``tools``,
``form``, ``thinking`` and ``parts``. What depends on the model or on a value is there too: it is named, or rules the
target out.
"""

from collections.abc import Mapping
from types import MappingProxyType

from translators.parameters import Table
from translators.providers.unsaid import Said

OWN: Mapping[str, str | None] = MappingProxyType(
    {
        "cache_control": None,
        "container": None,
        "context_management": "context-management-2025-06-27",
        "diagnostics": None,
        "inference_geo": None,
        "mcp_servers": "mcp-client-2025-04-04",
        "speed": "fast-mode-2026-02-01",
    }
)
"""Anthropic's own parameters, which pass, with the feature that each needs (…/api/beta-headers)."""

TABLE = Table(
    {
        **dict.fromkeys(OWN, ""),
        "max_tokens": "",
        "max_completion_tokens": "max_tokens",
        "temperature": "temperature up to 1, of models up to 4.6 (API version 2023-06-01)",
        "top_p": "top_p, of models up to 4.6 (API version 2023-06-01)",
        "top_k": "top_k, of models up to 4.6 (API version 2023-06-01)",
        "stop": "stop_sequences",
        "stop_sequences": "",
        "thinking": "",
        "output_config": "",
        "betas": "the header anthropic-beta",
        "reasoning_effort": "thinking and output_config.effort, by model",
        "tools": "tools[].input_schema",
        "tools[].function.strict": "tools[].strict, since 4.5",
        "tool_choice.none": "tool_choice none",
        "tool_choice.required": "tool_choice any",
        "tool_choice.function": "tool_choice tool",
        "tool_choice.allowed_tools": "tools holds no others",
        "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
        "functions": "tools[].input_schema",
        "function_call": "tool_choice",
        "response_format.json_schema": "output_config.format, since 4.5; before, a forced tool's input",
        "response_format.json_object": "in words, since 4.5; before, a forced tool's input",
        "web_search_options": "tools[] web_search_20250305",
        "service_tier": "service_tier auto or standard_only",
        "user": "metadata.user_id",
        "safety_identifier": "metadata.user_id",
        "metadata": "metadata.user_id, of the same name",
        "messages[].content[].image_url": "image",
        "messages[].content[].image_url.url": "image.source.url",
        "messages[].content[].file": "document, or image",
        "messages[].content[].file.file_id": "document.source.file_id",
        "messages[].content[].image": "",
        "messages[].content[].document": "",
        "messages[].content[].search_result": "",
        "messages[].content[].tool_reference": "",
        "messages[].content[].container_upload": "",
    }
)

IN_TURNS = Said(
    messages=frozenset({"reasoning_content", "reasoning_details", "thinking_blocks"})
    | {"cache_control", "extra_content", "is_error"},
    parts=frozenset({"cache_control", "citations", "context", "title"}),
    whole=frozenset({"image", "document", "search_result", "tool_reference", "container_upload"}),
    calls=frozenset({"cache_control"}),
    tools=frozenset({"cache_control", "defer_loading", "eager_input_streaming", "input_examples", "allowed_callers"}),
    own="anthropic",
)
"""What is read beside OpenAI's own fields."""
