"""Tools, numbers of things and images that are refused: RELIABILITY.md D20 to D22, row by row, and their legal kin."""

from typing import Any

from tests.end_to_end.bad_input.bad_rows import Bad, bad, message

TEXT = {"type": "text", "text": "What is this?"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
URL = "messages[0].content[1].image_url.url"


def _tool(parameters: Any = None, name: Any = "f") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels - 1):
        schema = {"items": schema}
    return schema


def _schema(code: str, parameters: Any) -> Bad:
    return bad(code, "tools[0].function.parameters", tools=[_tool(parameters)])


def picture(url: str) -> dict[str, Any]:
    """A part of a message."""
    return {"type": "image_url", "image_url": {"url": url}}


def _image(url: str) -> Bad:
    return bad("invalid_image_url", URL, messages=message(content=[TEXT, picture(url)]))


_LONG = {"description": "x" * 250_000}
_UNRESOLVED = "invalid_function_parameters"
_HOSTS = {
    "loopback": "127.0.0.1",
    "loopback-short": "127.1",
    "loopback-decimal": "2130706433",
    "loopback-octal": "0177.0.0.1",
    "loopback-hexadecimal": "0x7f.0.0.1",
    "loopback-v6": "[::1]",
    "loopback-mapped": "[::ffff:127.0.0.1]",
    "localhost": "localhost:8000",
    "private-10": "10.0.0.1",
    "private-172": "172.16.0.1",
    "private-192": "192.168.1.1",
    "private-v6": "[fd00::1]",
    "carrier": "100.64.0.1",
    "metadata": "169.254.169.254",
    "metadata-hexadecimal": "0xa9fea9fe",
    "metadata-google": "metadata.google.internal",
    "metadata-azure": "168.63.129.16",
    "metadata-amazon-v6": "[fd00:ec2::254]",
    "multicast": "224.0.0.1",
    "no-dot": "redis",
    "local-name": "printer.local",
    "user": "example.com@127.0.0.1",
    "escaped": "127%2e0%2e0%2e1",
}

VALUES = {
    "D15-above-what-the-yaml-says": bad("integer_above_max_value", "max_tokens", model="capped", max_tokens=101),
    "D15-above-what-the-yaml-says-new-name": bad(
        "integer_above_max_value", "max_completion_tokens", model="capped", max_completion_tokens=101
    ),
    "D18-assistant-with-no-calls": bad(
        "invalid_value", "messages[0].content", messages=[{"role": "assistant", "content": None, "tool_calls": []}]
    ),
    "D18-tool-content-null": bad(
        "invalid_value", "messages[0].content", messages=[{"role": "tool", "tool_call_id": "c1", "content": None}]
    ),
    "D18-content-empty": bad("empty_array", "messages[0].content", messages=message(content=[])),
    "D20-129-tools": bad("array_above_max_length", "tools", tools=[_tool()] * 129),
    "D20-129-functions": bad("array_above_max_length", "functions", functions=[{"name": "f"}] * 129),
    "D20-one-schema": _schema("string_above_max_length", {"description": "x" * 262_144}),
    "D20-all-schemas": bad("string_above_max_length", "tools", tools=[_tool(_LONG)] * 5),
    "D20-depth": _schema(_UNRESOLVED, _nested(33)),
    "D20-remote-ref": _schema(_UNRESOLVED, {"$ref": "https://example.com/a.json"}),
    "D20-file-ref": _schema(_UNRESOLVED, {"$ref": "file:///etc/passwd"}),
    "D20-ref-loop": _schema(_UNRESOLVED, {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}),
    "D20-ref-loop-functions": bad(
        _UNRESOLVED, "functions[0].parameters", functions=[{"name": "f", "parameters": {"$ref": "#"}}]
    ),
    "D20-name": bad(_UNRESOLVED, "tools[0].function.name", tools=[_tool(name="get weather")]),
    "D20-name-control": bad(_UNRESOLVED, "tools[0].function.name", tools=[_tool(name="f\r\n")]),
    "D20-long-name": bad("string_above_max_length", "tools[0].function.name", tools=[_tool(name="x" * 65)]),
    "D21-logit_bias": bad("object_above_max_properties", "logit_bias", logit_bias={str(i): 1 for i in range(1025)}),
    "D21-stop": bad("array_above_max_length", "stop", stop=["a"] * 5),
    "D21-metadata-number": bad("object_above_max_properties", "metadata", metadata={str(i): "x" for i in range(17)}),
    "D21-metadata-length": bad("string_above_max_length", "metadata.a", metadata={"a": "x" * 513}),
    "D22-http": _image("http://example.com/a.png"),
    "D22-ftp": _image("ftp://example.com/a.png"),
    "D22-file": _image("file:///etc/passwd"),
    "D22-no-scheme": _image("a.png"),
    **{f"D22-{name}": _image(f"https://{host}/a.png") for name, host in _HOSTS.items()},
    "D22-mistral's-form": bad(
        "invalid_image_url",
        "messages[0].content[0].image_url",
        messages=message(content=[{"type": "image_url", "image_url": "https://127.0.0.1/a.png"}]),
    ),
    "D22-11-images": bad(
        "array_above_max_length", "messages[0].content", messages=message(content=[TEXT, *[picture(PIXEL)] * 11])
    ),
    "D22-bad-base64": _image("data:image/png;base64,iVBOR*"),
    "D22-base64-cut-short": _image("data:image/png;base64,iVBOR"),
    "D22-data-without-base64": _image("data:image/svg+xml,<svg/>"),
    "D22-data-empty": _image("data:image/png;base64,"),
}

LEGAL: dict[str, dict[str, Any]] = {
    "assistant-content-null": {"role": "assistant", "content": None, "tool_calls": [CALL]},
    "assistant-no-content": {"role": "assistant", "tool_calls": [CALL]},
    "assistant-content-empty-list": {"role": "assistant", "content": [], "tool_calls": [CALL]},
    "assistant-content-empty-text": {"role": "assistant", "content": "", "tool_calls": [CALL]},
    "assistant-nulls": {
        "role": "assistant",
        "content": "hi",
        "tool_calls": None,
        "function_call": None,
        "refusal": None,
        "audio": None,
        "annotations": [],
    },
    "assistant-refusal": {"role": "assistant", "content": None, "refusal": "I will not."},
    "assistant-refusal-part": {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]},
    "assistant-function_call": {"role": "assistant", "content": None, "function_call": CALL["function"]},
    "developer": {"role": "developer", "content": "Be brief."},
    "developer-parts": {"role": "developer", "content": [TEXT]},
    "system-name": {"role": "system", "content": "Be brief.", "name": "boss"},
    "user-name": {"role": "user", "content": "hi", "name": "ann"},
    "user-image": {"role": "user", "content": [TEXT, picture(PIXEL), picture("https://example.com/a.png")]},
    "user-10-images": {"role": "user", "content": [picture(PIXEL)] * 10},
    "tool-parts": {"role": "tool", "tool_call_id": "c1", "content": [TEXT]},
    "tool-empty-list": {"role": "tool", "tool_call_id": "c1", "content": []},
    "tool-content-empty-text": {"role": "tool", "tool_call_id": "c1", "content": ""},
    "function": {"role": "function", "name": "f", "content": "42"},
    "function-content-null": {"role": "function", "name": "f", "content": None},
}
"""Messages that look odd and are sent every day, by SDKs and by LangChain."""

FOREIGN: dict[str, dict[str, Any]] = {
    "reasoning": {"role": "assistant", "content": "hi", "reasoning_content": "Hm.", "reasoning_details": []},
    "reasoning-alone": {"role": "assistant", "content": None, "reasoning": "Hm."},
    "thinking-blocks": {"role": "assistant", "content": None, "thinking_blocks": [{"type": "thinking"}]},
    "cache-control": {"role": "user", "content": "hi", "cache_control": {"type": "ephemeral"}},
    "langchain": {"role": "tool", "tool_call_id": "c1", "content": "", "name": "f", "status": "success"},
    "anything": {"role": "user", "content": "hi", "id": 5, "additional_kwargs": {"a": [None]}},
}
"""Messages with fields that OpenAI does not have: each upstream gets those of them that it knows."""
