"""The JSON Schema of the file, for completion and red lines in editors: ``python -m proxy.config.schema_json``.

Made from the very types that check the file. A schema sees one value at a time, so it accepts whatever only makes sense
next to another part of the file, and any scalar that holds a variable.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import create_model

from policies import POLICIES
from policies.base import Policy
from proxy.config.document import Common, Document
from proxy.config.policies import WRITABLE, options_shape

PATH = Path(__file__).with_name("proxy.schema.json")
TITLE = "proxy.yaml"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_VARIABLE = r"\$\{"
_NOTES = ("description", "title", "default", "examples")
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""What pydantic leaves as it is on a type that it reads through a validator of ours."""


def _means_something(cls: type[Policy]) -> bool:
    """Whether its name alone will do: a limit without a number limits nothing."""
    try:
        cls.Options()
    except (TypeError, ValueError):
        return False
    return True


_PLAIN = [name for name in WRITABLE if _means_something(POLICIES[name])]


def schema() -> dict[str, Any]:
    """The schema as JSON can hold it."""
    document = Document.model_json_schema()
    policies = create_model("Policies", **{name: (_options(POLICIES[name]), ...) for name in WRITABLE})  # type: ignore[call-overload]
    made = policies.model_json_schema()
    definitions = document.pop("$defs") | made["$defs"]
    definitions["Policy"] = _policy(made["properties"])
    whole = {"$schema": DIALECT, **document, "title": TITLE, "$defs": dict(sorted(definitions.items()))}
    tidied: dict[str, Any] = _tidied(whole)
    return tidied


def _options(cls: type[Policy]) -> Any:
    shape = options_shape(cls)
    return create_model(shape.__name__, __base__=(shape, Common), __doc__=(cls.__doc__ or "").partition("\n\n")[0])


def _policy(options: dict[str, Any]) -> dict[str, Any]:
    """One entry of a chain: a name, or a name and its options; a dotted path is a third party's."""
    entries = {}
    for name, reference in options.items():
        shorthand = POLICIES[name].shorthand
        short = _short(options_shape(POLICIES[name]).model_json_schema()["properties"][shorthand]) if shorthand else []
        nothing = [{"type": "null"}] if name in _PLAIN else []
        entries[name] = {"anyOf": [{"$ref": reference["$ref"]}, *short, *nothing]}
    mapping = {
        "type": "object",
        "properties": entries,
        "patternProperties": {r"\.": {}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [{"enum": _PLAIN}, {"type": "string", "pattern": r"\."}, mapping]}


def _short(option: dict[str, Any]) -> list[dict[str, Any]]:
    """What may be written instead of a mapping: an option's value, but for nothing at all."""
    return [form for form in option.get("anyOf", [option]) if form != {"type": "null"}]


def _tidied(node: Any) -> Any:
    """Without what only pydantic understands, and with variables wherever a scalar may hold one."""
    if isinstance(node, list):
        return [_tidied(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if "x-ref" in node:  # pydantic knows no reference to what it did not make itself
        return {"$ref": f"#/$defs/{node['x-ref']}"}
    tidy: dict[str, Any] = {}
    for name, entry in node.items():
        if name in ("properties", "patternProperties", "$defs"):  # the keys in there are names
            tidy[name] = {key: _tidied(part) for key, part in entry.items()}
        elif name == "propertyNames":  # never expanded
            tidy[name] = entry
        elif not (name == "title" and entry != TITLE) and not (name == "default" and _no_yaml(entry, node)):
            tidy[_BOUNDS.get(str(name), str(name))] = _tidied(entry)
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    return _with_variable(tidy)


def _no_yaml(default: Any, node: dict[str, Any]) -> bool:
    """A default that nobody could write like that: nothing, a whole section, or a number where a unit is asked for."""
    return default in (None, []) or isinstance(default, dict) or ("pattern" in node and not isinstance(default, str))


def _with_variable(node: dict[str, Any]) -> dict[str, Any]:
    if node.get("type") in ("integer", "number", "boolean") or "enum" in node or "const" in node:
        notes = {name: node[name] for name in _NOTES if name in node}
        core = {name: entry for name, entry in node.items() if name not in _NOTES}
        return notes | {"anyOf": [core, {"type": "string", "pattern": _VARIABLE}]}
    if "pattern" in node and _VARIABLE not in node["pattern"]:
        return node | {"pattern": f"{node['pattern']}|{_VARIABLE}"}
    return node


def text() -> str:
    """The schema as the committed file has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
