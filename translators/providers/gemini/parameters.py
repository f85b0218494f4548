"""What Gemini's wire makes of each parameter.

Sources: https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/function-calling,
…/docs/structured-output, …/docs/thinking, …/docs/openai (which of OpenAI's and whose words they become),
…/docs/file-input-methods, https://ai.google.dev/api/embeddings and Google's SDK, google/genai/models.py (what of it
Vertex takes), 2026-11. What depends on the model is in ``models.py``.
"""

from collections.abc import Mapping

from translators.parameters import Table
from translators.providers.unsaid import Said
from translators.value import Word

_PART = "messages[].content[]."


class Place(Word):
    """Where a field of Gemini's own belongs."""

    BODY = "body"
    CONFIG = "generationConfig"


OWN: Mapping[str, tuple[Place, str]] = {
    "safety_settings": (Place.BODY, "safetySettings"),
    "cached_content": (Place.BODY, "cachedContent"),
    "labels": (Place.BODY, "labels"),
    "model_armor_config": (Place.BODY, "modelArmorConfig"),
    "top_k": (Place.CONFIG, "topK"),
    "media_resolution": (Place.CONFIG, "mediaResolution"),
    "image_config": (Place.CONFIG, "imageConfig"),
    "speech_config": (Place.CONFIG, "speechConfig"),
    "response_modalities": (Place.CONFIG, "responseModalities"),
    "thinking_config": (Place.CONFIG, "thinkingConfig"),
}
"""Gemini's own parameters, which pass as they are: at the top of the request, or in ``google`` and
``extra_body.google``, as Google's own surface for OpenAI's SDK has them (https://ai.google.dev/gemini-api/docs/openai)."""
_CAMEL = {camel: "" for _, camel in OWN.values()}

OWN_TOOLS: Mapping[str, str] = {
    "google_search": "googleSearch",
    "google_search_retrieval": "googleSearchRetrieval",
    "google_maps": "googleMaps",
    "url_context": "urlContext",
    "code_execution": "codeExecution",
    "computer_use": "computerUse",
    "file_search": "fileSearch",
    "enterprise_web_search": "enterpriseWebSearch",
    "retrieval": "retrieval",
}
"""Google's own tools by ``type``; what they are told is in a field of that name."""

TABLE = Table(
    {
        "max_tokens": "generationConfig.maxOutputTokens",
        "max_completion_tokens": "generationConfig.maxOutputTokens",
        "temperature": "generationConfig.temperature",
        "top_p": "generationConfig.topP",
        "frequency_penalty": "generationConfig.frequencyPenalty",
        "presence_penalty": "generationConfig.presencePenalty",
        "seed": "generationConfig.seed",
        "stop": "generationConfig.stopSequences",
        "n": "generationConfig.candidateCount",
        "logprobs": "generationConfig.responseLogprobs",
        "top_logprobs": "generationConfig.logprobs",
        "tools": "tools[].functionDeclarations",
        "tools[].function.strict": "functionCallingConfig.mode VALIDATED",
        "tool_choice.none": "functionCallingConfig.mode NONE",
        "tool_choice.required": "functionCallingConfig.mode ANY",
        "tool_choice.function": "functionCallingConfig.allowedFunctionNames",
        "tool_choice.allowed_tools": "functionCallingConfig.allowedFunctionNames, or the others are not declared",
        "functions": "tools[].functionDeclarations",
        "function_call": "functionCallingConfig",
        "response_format.json_object": "generationConfig.responseMimeType",
        "response_format.json_schema": "generationConfig.responseJsonSchema",
        "reasoning_effort": "generationConfig.thinkingConfig",
        "thinking": "generationConfig.thinkingConfig",
        "modalities": "generationConfig.responseModalities",
        "audio": "generationConfig.speechConfig",
        "web_search_options": "tools[].googleSearch",
        "service_tier": "serviceTier",
        f"{_PART}image_url": "inlineData",
        f"{_PART}image_url.url": "fileData",
        f"{_PART}input_audio": "inlineData",
        f"{_PART}file": "inlineData",
        f"{_PART}file.file_id": "fileData",
        f"{_PART}video_url": "inlineData or fileData",
        "google": "Gemini's own parameters",
        "extra_body": "Gemini's own parameters",
    }
    | _CAMEL
    | {name: camel for name, (_, camel) in OWN.items()}
    | {f"tools[].{name}": f"tools[].{camel}" for name, camel in OWN_TOOLS.items()}
    | {f"tools[].{camel}": "" for camel in OWN_TOOLS.values()}
)

EMBEDDINGS = Table(
    {
        "dimensions": "outputDimensionality",
        "input[]": "requests[] or instances[]",
        "task_type": "taskType",
        "title": "",
    }
)
"""AI Studio's embeddings."""
VERTEX_EMBEDDINGS = Table({**EMBEDDINGS.said, "auto_truncate": "autoTruncate"})

IN_TURNS = Said(
    messages=frozenset({"reasoning_content", "reasoning_details", "thinking_blocks", "extra_content", "images"}),
    calls=frozenset({"extra_content"}),
    own="google",
)
"""What is read beside OpenAI's own fields."""
