"""What Cohere's API makes of each parameter.

Sources, 2026-11: https://docs.cohere.com/reference/chat and https://docs.cohere.com/reference/embed, which list all it
takes; https://docs.cohere.com/docs/compatibility-api has what of OpenAI's it cannot say: ``logit_bias``,
``top_logprobs``, ``n``, ``modalities``, ``prediction``, ``audio``, ``service_tier``, ``parallel_tool_calls``,
``store``, ``metadata``. A parameter that is not in ``said`` is lost; how much that matters is in
``translators.parameters``.
"""

from translators.parameters import Table
from translators.providers.unsaid import Said

_OWN = ("documents", "citation_options", "safety_mode", "priority", "k", "strict_tools")
"""Cohere's own parameters, which pass."""

TABLE = Table(
    {
        "max_tokens": "",
        "max_completion_tokens": "max_tokens",
        "temperature": "",  # 0 to 1
        "top_p": "p",  # 0.01 to 0.99
        "top_k": "k",
        "frequency_penalty": "",  # 0 to 1
        "presence_penalty": "",  # 0 to 1; not both: see request.py
        "seed": "",  # not below 0
        "stop": "stop_sequences",
        "logprobs": "",
        "tools": "tools[].function, with its parameters",
        "tools[].function.strict": "strict_tools, where all are strict and have a required parameter",
        "tool_choice.none": "NONE; before Command R7B: no tools",
        "tool_choice.required": "REQUIRED",  # since Command R7B, as the next one
        "tool_choice.function": "REQUIRED, with that tool alone",
        "tool_choice.allowed_tools": "those tools alone",
        "functions": "tools",
        "function_call": "tool_choice",
        "response_format.json_object": "",  # not with tools or documents, as the next one
        "response_format.json_schema": "json_object, with json_schema",
        "reasoning_effort": "thinking",
        "thinking": "thinking.token_budget",
        "messages[].content[].image_url": "",
        "messages[].content[].image_url.url": "",
        "messages[].content[].image_url.detail": "",
        "messages[].content[].document": "",  # in results of tools
    }
    | dict.fromkeys(_OWN, "")
)

EMBEDDINGS = Table(
    {
        "input[]": "texts",  # 96 at most
        "dimensions": "output_dimension",  # since embed-v4
        "input_type": "",
        "truncate": "",
        "max_tokens": "",
        "priority": "",
    }
)

IN_TURNS = Said(messages=frozenset({"reasoning_content", "reasoning_details", "tool_plan", "citations"}))
"""What is read beside OpenAI's own fields."""
