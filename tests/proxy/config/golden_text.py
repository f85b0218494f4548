"""What a loaded config looks like in a golden file: one line per thing, and nothing that is as it is by default."""

import dataclasses
from typing import Any

import orjson
from pydantic import SecretStr

from policies.base import Timeouts
from policies.claims import Outage, Window
from policies.concurrency import QueueOptions
from proxy.config.schema import AuthConfig, Config, PolicyConfig, ServerConfig, TargetConfig, TransportConfig
from translators.facts import Capabilities, Price

ENV = {
    "EMPTY": "",
    "HOST": "",
    "OPENAI_API_KEY": "sk-from-the-environment-0123456789",
    "PORT": "8080",
    "SIZE": "1MiB",
    "WEB_KEY": "web-from-the-environment-0123456789",
    "WEIGHT": "2.5",
    "YES": "true",
}
FILES = {
    "/run/secrets/anthropic": "sk-from-a-file-0123456789\n",
    "/run/secrets/batch": "batch-from-a-file-0123456789\r\n",
    "/run/secrets/proxy": "http://ann:word-from-a-file@proxy.example\n",
}


def read_file(path: str) -> str:
    """The files that the golden configs may name."""
    if path == "/run/secrets/binary":
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory", path)
    return FILES[path]


def rendered(config: Config) -> str:
    """The config as text; a secret shows as its source's first word and its length."""
    lines = [_line("server", config.server, ServerConfig()), _line("timeouts", config.timeouts, Timeouts())]
    lines += [_line(f"upstream {name}", upstream, None) for name, upstream in config.upstreams.items()]
    for name, model in config.models.items():
        lines.append(f"model {name}" + (f" chain {model.chain}" if model.chain else ""))
        lines += [
            f"  {target.to} = {target.upstream} + {target.model} tier {target.tier} weight {target.weight:g} "
            + _line("timeouts", target.timeouts, Timeouts())
            + "".join(_line(f" {name}", fact, None) for name, fact in _facts(target))
            for target in model.targets
        ]
    lines += [_line(f"key {key.id}", key, None) for key in config.keys]
    for name, chain in config.chains.items():
        lines += [f"chain {name}", *(_policy(entry) for entry in chain)]
    lines += [f"warning: {warning}" for warning in config.warnings]
    return "\n".join(lines) + "\n"


def _facts(target: TargetConfig) -> list[tuple[str, Any]]:
    """What is written of a target's model."""
    facts = {"capabilities": target.capabilities, "price": target.price}
    return [(name, fact) for name, fact in facts.items() if fact not in (None, Capabilities())]


def _policy(entry: PolicyConfig) -> str:
    line, column = entry.position
    flags = (
        f" when {_json(_changed(entry.when, type(entry.when)()))}" if entry.when else ""
    ) + " shadow" * entry.shadow
    return f"  {line}:{column} {entry.name} {_json(_changed(entry.options, None))}{flags}"


def _line(title: str, value: Any, default: Any) -> str:
    return f"{title} {_json(_changed(value, default))}"


def _changed(value: Any, default: Any) -> dict[str, Any]:
    """The fields that differ from the default value, or from the fields' own defaults."""
    return {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != (getattr(default, field.name) if default is not None else field.default)
    }


def _json(value: Any) -> str:
    return orjson.dumps(value, default=_shown, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


def _shown(value: Any) -> Any:
    if isinstance(value, TransportConfig | AuthConfig | QueueOptions | Price):
        return _changed(value, None)
    if isinstance(value, Window):
        return value.name
    if isinstance(value, Outage):
        return f"open {value.amount} for {value.seconds:g}s" if value.mode == "open" else value.mode
    assert isinstance(value, SecretStr)
    text = value.get_secret_value()
    return f"{text.partition('-')[0]}... of {len(text)}"
