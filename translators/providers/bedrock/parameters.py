"""What Converse makes of each parameter.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and botocore's service model
of ``bedrock-runtime`` (2023-09-30, botocore 1.44), 2026-11. What depends on the model or on a value is in ``tools``,
``form``, ``thinking`` and ``parts``: it is named there, or rules the target out.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from translators.parameters import Table
from translators.providers.unsaid import Said

OWN: Mapping[str, str] = MappingProxyType(
    {
        "additionalModelRequestFields": "",
        "additionalModelResponseFieldPaths": "",
        "guardrailConfig": "",
        "performanceConfig": "",
        "promptVariables": "",
        "requestMetadata": "",
    }
)
"""Converse's own parameters, which pass as they are."""

TABLE = Table(
    {
        **OWN,
        "max_tokens": "inferenceConfig.maxTokens",
        "max_completion_tokens": "inferenceConfig.maxTokens",
        "temperature": "inferenceConfig.temperature",
        "top_p": "inferenceConfig.topP",
        "stop": "inferenceConfig.stopSequences",
        "top_k": "additionalModelRequestFields, by family",
        "thinking": "additionalModelRequestFields.thinking, of Claude",
        "reasoning_effort": "additionalModelRequestFields or outputConfig.effort, by family",
        "tools": "toolConfig.tools[].toolSpec",
        "tools[].systemTool": "toolConfig.tools[].systemTool",
        "tools[].function.strict": "toolConfig.tools[].toolSpec.strict",
        "tool_choice.none": "no toolConfig; where the history used tools, they stay, and the model is told",
        "tool_choice.required": "toolConfig.toolChoice.any",
        "tool_choice.function": "toolConfig.toolChoice.tool, or that tool alone and any",
        "tool_choice.allowed_tools": "toolConfig.tools holds no others",
        "functions": "toolConfig.tools[].toolSpec",
        "function_call": "toolConfig.toolChoice",
        "response_format.json_object": "a forced tool, whose input is the answer",
        "response_format.json_schema": "outputConfig.textFormat, or a forced tool, whose input is the answer",
        "web_search_options": "toolConfig.tools[].systemTool nova_grounding, of Nova",
        "service_tier": "serviceTier.type",
        "metadata": "requestMetadata",
        "messages[].content[].image_url": "image.source.bytes",
        "messages[].content[].video_url": "video.source.bytes",
        "messages[].content[].input_audio": "audio.source.bytes",
        "messages[].content[].file": "document.source.bytes",
        "messages[].content[].file.file_id": "document.source.s3Location, of an s3:// address",
        "messages[].content[].image": "",
        "messages[].content[].document": "",
        "messages[].content[].video": "",
        "messages[].content[].audio": "",
        "messages[].content[].guardContent": "",
        "messages[].content[].searchResult": "",
        "messages[].content[].cachePoint": "",
    }
)
"""``messages[].content[].image_url.url`` is not in it: nothing is fetched from the web."""

_STATE = frozenset({"reasoning_content", "reasoning_details"})


@cache
def in_turns(*, claude: bool, status: bool) -> Said:
    """What is read beside OpenAI's own fields.

    Args:
        claude: the model is one.
        status: it is told how a tool fared.
    """
    some = ({"thinking_blocks"} if claude else set[str]()) | ({"is_error"} if status else set())
    return Said(
        messages=_STATE | {"cache_control", "extra_content"} | some,
        parts=frozenset({"cache_control", "citations", "context"}),
        calls=frozenset({"cache_control"}),
        tools=frozenset({"cache_control"}),
        own="bedrock",
    )
