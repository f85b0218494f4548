"""What a request's body asks for, read from each vendor's own words into one form that can be compared."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Step = tuple[str, str, Any]
"""Who says it, of what kind it is, and what it is."""

_TAGS = re.compile(r"</?system>")


@dataclass
class Meaning:
    """A request."""

    steps: list[Step] = field(default_factory=list)
    tools: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    """Descriptions and properties, by name."""
    settings: Json = field(default_factory=dict)
    """What is set, in OpenAI's words: ``limit``, ``stop``, ``choice``, ``schema`` (its properties), …"""


def settled(meaning: Meaning) -> Meaning:
    """The same without what makes no difference: white space, where texts are cut, the order of parallel results.

    An instruction in mid-conversation, or one that nobody speaks after, is a user's where a wire has no place for it.
    """
    steps: list[Step] = []
    begun = all(who == "system" for who, _, _ in meaning.steps)
    for who, kind, what in meaning.steps:
        begun = begun or who != "system"
        speaker = "user" if who == "system" and begun else who
        if kind != "text":
            steps.append((speaker, kind, what))
            continue
        said = re.sub(r"\s+", "", _TAGS.sub("", what))
        if steps and steps[-1][:2] == (speaker, "text"):
            said = steps.pop()[2] + said
        if said:
            steps.append((speaker, "text", said))
    return Meaning(list(_in_order(steps)), meaning.tools, meaning.settings)


def _in_order(steps: list[Step]) -> Iterator[Step]:
    results: list[Step] = []
    for step in [*steps, ("", "", None)]:
        if step[1] == "result":
            results.append(step)
            continue
        yield from sorted(results, key=repr)
        results = []
        if step[0]:
            yield step


def of_openai(body: Json) -> Meaning:
    """OpenAI's own; Azure's and Mistral's too."""
    meaning = Meaning()
    names: dict[str, str] = {}
    for message in body["messages"]:
        role = {"developer": "system"}.get(message["role"], message["role"])
        if role == "tool":
            text = "".join(part["text"] for part in _parts(message["content"]))
            meaning.steps.append(("tool", "result", (names[message["tool_call_id"]], text)))
            continue
        for part in _parts(message.get("content")):
            meaning.steps.append((role, *_openai_part(part)))
        if message.get("refusal"):
            meaning.steps.append((role, "text", message["refusal"]))
        for call in message.get("tool_calls") or ():
            function = call["function"]
            names[call["id"]] = function["name"]
            arguments = json.loads(function["arguments"] or "{}")
            meaning.steps.append((role, "call", (function["name"], arguments)))
    for tool in body.get("tools") or ():
        _add_tool(meaning, tool["function"], "parameters")
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    stop = body.get("stop")
    form = body.get("response_format") or {}
    meaning.settings = {
        "limit": limit,
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "stop": [stop] if isinstance(stop, str) else stop,
        "seed": body.get("seed", body.get("random_seed")),
        "n": body.get("n") or 1,
        "schema": _properties(
            form.get("json_schema", {}).get("schema") or form.get("json_schema", {}).get("schema_definition")
        ),
        "choice": _openai_choice(body.get("tool_choice")),
        "stream": bool(body.get("stream")),
    }
    return meaning


def of_anthropic(body: Json) -> Meaning:
    """Messages."""
    meaning = Meaning()
    names: dict[str, str] = {}
    for block in _parts(body.get("system")):
        meaning.steps.append(("system", "text", block["text"]))
    for turn in body["messages"]:
        for block in _parts(turn["content"]):
            kind = block["type"]
            if kind == "tool_use":
                names[block["id"]] = block["name"]
                meaning.steps.append((turn["role"], "call", (block["name"], block["input"])))
            elif kind == "tool_result":
                text = "".join(part["text"] for part in _parts(block.get("content")))
                meaning.steps.append(("tool", "result", (names[block["tool_use_id"]], text)))
            elif kind == "text":
                meaning.steps.append((turn["role"], "text", block["text"]))
            else:
                source = block["source"]
                meaning.steps.append((turn["role"], kind, source.get("data") or source["url"]))
    for tool in body.get("tools") or ():
        _add_tool(meaning, tool, "input_schema")
    choice = body.get("tool_choice") or {"type": "auto"}
    meaning.settings = {
        "limit": body["max_tokens"],
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "stop": body.get("stop_sequences"),
        "n": 1,
        "schema": _properties(body.get("output_config", {}).get("format", {}).get("schema")),
        "choice": {"any": "required"}.get(choice["type"], choice.get("name") or choice["type"]),
        "stream": bool(body.get("stream")),
    }
    return meaning


def of_gemini(body: Json) -> Meaning:
    """generateContent; whether it is streamed is in the path."""
    meaning = Meaning()
    for part in body.get("systemInstruction", {}).get("parts", ()):
        meaning.steps.append(("system", "text", part["text"]))
    for content in body["contents"]:
        who = {"model": "assistant"}.get(content.get("role"), "user")
        for part in content["parts"]:
            meaning.steps += _gemini_part(who, part)
    for tool in body.get("tools") or ():
        for function in tool.get("functionDeclarations") or ():
            key = "parametersJsonSchema" if "parametersJsonSchema" in function else "parameters"
            _add_tool(meaning, function, key)
    config, calling = body.get("generationConfig", {}), body.get("toolConfig", {}).get("functionCallingConfig", {})
    allowed = calling.get("allowedFunctionNames")
    mode = {"ANY": "required", "NONE": "none"}.get(calling.get("mode"), "auto")
    meaning.settings = {
        "limit": config.get("maxOutputTokens"),
        "temperature": config.get("temperature"),
        "top_p": config.get("topP"),
        "stop": config.get("stopSequences"),
        "seed": config.get("seed"),
        "n": config.get("candidateCount", 1),
        "schema": _properties(config.get("responseJsonSchema") or config.get("responseSchema")),
        "choice": allowed[0] if allowed and len(allowed) == 1 and mode == "required" else mode,
    }
    return meaning


def of_bedrock(body: Json) -> Meaning:
    """Converse; whether it is streamed is in the path."""
    meaning = Meaning()
    names: dict[str, str] = {}
    for block in body.get("system") or ():
        meaning.steps.append(("system", "text", block["text"]))
    for turn in body["messages"]:
        for block in turn["content"]:
            ((kind, inner),) = block.items()
            if kind == "text":
                meaning.steps.append((turn["role"], "text", inner))
            elif kind == "toolUse":
                names[inner["toolUseId"]] = inner["name"]
                meaning.steps.append((turn["role"], "call", (inner["name"], inner["input"])))
            elif kind == "toolResult":
                said = "".join(part.get("text") or json.dumps(part["json"]) for part in inner["content"])
                meaning.steps.append(("tool", "result", (names[inner["toolUseId"]], said)))
            else:
                meaning.steps.append((turn["role"], kind, inner["source"]["bytes"]))
    config = body.get("toolConfig") or {}
    for tool in config.get("tools") or ():
        spec = tool["toolSpec"]
        _add_tool(meaning, spec | {"schema": spec["inputSchema"]["json"]}, "schema")
    ((kind, inner),) = (config.get("toolChoice") or {"auto": {}}).items()
    limits = body.get("inferenceConfig") or {}
    form = body.get("outputConfig", {}).get("textFormat", {}).get("structure", {}).get("jsonSchema", {}).get("schema")
    meaning.settings = {
        "limit": limits.get("maxTokens"),
        "temperature": limits.get("temperature"),
        "top_p": limits.get("topP"),
        "stop": limits.get("stopSequences"),
        "n": 1,
        "schema": _properties(json.loads(form) if form else None),
        "choice": {"any": "required", "auto": "auto"}.get(kind) or inner["name"],
    }
    return meaning


def of_cohere(body: Json) -> Meaning:
    """Chat, version 2."""
    meaning = of_openai({name: body[name] for name in ("messages", "tools") if name in body})
    choice = {"REQUIRED": "required", "NONE": "none"}.get(body.get("tool_choice", ""), "auto")
    meaning.settings = {
        "limit": body.get("max_tokens"),
        "temperature": body.get("temperature"),
        "top_p": body.get("p"),
        "stop": body.get("stop_sequences"),
        "seed": body.get("seed"),
        "n": 1,
        "schema": _properties((body.get("response_format") or {}).get("json_schema")),
        "choice": next(iter(meaning.tools)) if choice == "required" and len(meaning.tools) == 1 else choice,
        "stream": bool(body.get("stream")),
    }
    return meaning


READERS: dict[str, Callable[[Json], Meaning]] = {
    "anthropic": of_anthropic,
    "google": of_gemini,
    "bedrock": of_bedrock,
    "cohere": of_cohere,
    "azure": of_openai,
    "mistral": of_openai,
}
"""By provider."""


def _parts(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())


def _openai_part(part: Json) -> tuple[str, Any]:
    kind = part["type"]
    if kind in ("text", "refusal"):
        return "text", part[kind]
    if kind == "image_url":
        url = part["image_url"]["url"] if isinstance(part["image_url"], dict) else part["image_url"]
        return "image", _bare(url)
    if kind == "file":
        return "document", _bare(part["file"]["file_data"])
    if kind == "document_url":  # Mistral
        return "document", _bare(part["document_url"])
    audio = part["input_audio"]
    return "audio", audio["data"] if isinstance(audio, dict) else _bare(audio)


def _bare(url: str) -> str:
    return url.partition("base64,")[2] or url


def _gemini_part(who: str, part: Json) -> Iterator[Step]:
    if "functionCall" in part:
        call = part["functionCall"]
        yield who, "call", (call["name"], call.get("args") or {})
    elif "functionResponse" in part:
        response = part["functionResponse"]
        said = response["response"]
        only = next(iter(said.values())) if set(said) in ({"output"}, {"result"}) else said
        yield "tool", "result", (response["name"], only if isinstance(only, str) else json.dumps(only))
    elif "inlineData" in part:
        media, data = part["inlineData"]["mimeType"], part["inlineData"]["data"]
        yield who, {"application/pdf": "document"}.get(media, media.partition("/")[0]), data
    elif "fileData" in part:
        yield who, "image", part["fileData"]["fileUri"]
    elif not part.get("thought"):
        yield who, "text", part["text"]


def _add_tool(meaning: Meaning, said: Json, key: str) -> None:
    meaning.tools[said["name"]] = (said.get("description") or "", _properties(said.get(key)) or frozenset())


def _properties(schema: Any) -> frozenset[str] | None:
    return frozenset(schema.get("properties") or ()) if isinstance(schema, dict) else None


def _openai_choice(choice: Any) -> str:
    if not isinstance(choice, dict):
        return {"any": "required"}.get(choice, choice or "auto")
    return choice["function"]["name"] if "function" in choice else "auto"
