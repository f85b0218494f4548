"""Text -> :class:`Config`, or every reason why not. Pure: the environment and the files it names are handed in."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import SecretStr

from policies.base import Timeouts
from proxy.config.access import Keys
from proxy.config.bookkeeping import ledger, state, webhooks
from proxy.config.document import Deadlines, Document, Server
from proxy.config.limits import Limits
from proxy.config.policies import ChainReader
from proxy.config.prices import unpriced
from proxy.config.problems import ConfigErrors, Path, Problem, did_you_mean
from proxy.config.reading import ReadFile, Reading
from proxy.config.scalars import Name
from proxy.config.schema import Config, PolicyConfig, ServerConfig
from proxy.config.source import MAX_BYTES, TOO_LARGE, parse
from proxy.config.targets import Targets, overlaid

DEFAULT_CHAIN: list[Any] = ["breaker", {"strategy": "priority"}, {"retry": {"attempts": 3}}]
DEFAULT = "default"


def reader(folder: FilePath) -> ReadFile:
    """Reads the files that a configuration names, as UTF-8; ``folder`` is where relative paths begin."""
    return lambda path: (folder / path).read_text(encoding="utf-8")


_read_here = reader(FilePath())


def load_file(path: FilePath, env: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Config:
    """Load a file.

    Args:
        path: of the YAML file.
        env: what ``${VAR}`` means.
        overrides: what the command line says instead of keys of ``server``.

    Raises:
        ConfigErrors: it cannot be used.
        OSError: it cannot be read.
    """
    return load_bytes(read_bytes(path), path, env, overrides)


def read_bytes(path: FilePath) -> bytes:
    """What a file holds, or as much of it as tells that it is too large."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def load_bytes(
    data: bytes, path: FilePath, env: Mapping[str, str], overrides: Mapping[str, object] | None = None
) -> Config:
    """The same for what a file holds, or once held."""
    return load(_decoded(data, str(path)), str(path), env, reader(path.parent), overrides)


def _decoded(data: bytes, filename: str) -> str:
    if len(data) > MAX_BYTES:  # before a decoder trips over a character cut in two
        raise ConfigErrors(filename, [TOO_LARGE])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode("utf-8-sig")
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ConfigErrors(filename, [Problem(*place, "", "not UTF-8")]) from None


def load(
    text: str,
    filename: str,
    env: Mapping[str, str],
    read_file: ReadFile = _read_here,
    overrides: Mapping[str, object] | None = None,
) -> Config:
    """Read, check and compile a document.

    Args:
        text: the YAML.
        filename: for messages.
        env: what ``${VAR}`` means.
        read_file: reads the files that are named in it; raises ``OSError`` or ``ValueError``.
        overrides: what the command line says instead of keys of ``server``; the checks see these.

    Raises:
        ConfigErrors: with every problem there is.
    """
    source = parse(text, filename, env)
    folder = FilePath(filename).resolve().parent
    config = _Loading(Reading(source, read_file), source.data, overrides or {}, folder).config()
    if source.problems:
        raise source.errors()
    return config


class _Loading:
    """One pass over the document's sections; each reports what is wrong with it and goes on."""

    def __init__(
        self, reading: Reading, data: dict[str, Any], overrides: Mapping[str, object], folder: FilePath
    ) -> None:
        self._reading, self._data, self._overrides, self._folder = reading, data, dict(overrides), folder

    def config(self) -> Config:
        """What there is; only good if no problem was found on the way."""
        self._check_top_level()
        server = self._server()
        timeouts = overlaid(Timeouts(), self._reading.section(Deadlines, self._data.get("timeouts", {}), ("timeouts",)))
        targets = Targets(self._reading, timeouts)
        targets.read_upstreams(self._data.get("upstreams", {}))
        targets.read_models(self._data.get("models", {}))
        models = self._data.get("models")
        keys = Keys(self._reading, server.host, tuple(models) if isinstance(models, dict) else ())
        keys.read(self._data.get("keys", []))
        store = state(self._reading, self._data.get("state", {}))
        limits = Limits(self._reading, server.workers, shared=store.url is not None)
        chains = self._chains([*targets.chains_used, *keys.chains_used], limits)
        config = Config(
            server,
            timeouts,
            targets.upstreams,
            targets.models,
            tuple(keys.keys),
            chains,
            state=store,
            ledger=ledger(self._reading, self._data.get("ledger", {}), self._folder),
            webhooks=webhooks(self._reading, self._data.get("webhooks", [])),
            warnings=self._reading.warnings,
        )
        unpriced(self._reading, targets.written, config)
        return dataclasses.replace(config, version=_version(config))

    def _check_top_level(self) -> None:
        for key in self._data:
            if key not in Document.model_fields:
                hint = did_you_mean(key, Document.model_fields) or f"; known are {', '.join(Document.model_fields)}"
                self._reading.problem((key,), f"unknown key{hint}", key=True)
        for key in ("upstreams", "models"):
            if key not in self._data:
                self._reading.problem((key,), "required, but not written")

    def _server(self) -> ServerConfig:
        section = self._data.get("server", {})
        if isinstance(section, dict):
            section = section | self._overrides
        server = self._reading.section(Server, section, ("server",)) or Server()
        return ServerConfig(**server.model_dump())

    def _chains(self, used: list[tuple[Path, str]], limits: Limits) -> dict[str, tuple[PolicyConfig, ...]]:
        reader = ChainReader(self._reading, limits)
        chains = {DEFAULT: reader.chain(self._data.get("chain", DEFAULT_CHAIN), ("chain",))}
        for name, entries in self._reading.mapping(self._data.get("chains", {}), ("chains",), Name).items():
            if name == DEFAULT:
                self._reading.problem(("chains", name), "the default chain is the top-level key `chain`", key=True)
            else:
                chains[name] = reader.chain(entries, ("chains", name))
        for path, name in used:
            if name not in chains:
                self._reading.problem(path, f"unknown chain {self._reading.quoted(path)}{did_you_mean(name, chains)}")
        for name in chains.keys() - {DEFAULT} - {name for _, name in used}:
            self._reading.warn(("chains", name), "no model and no key uses this chain", key=True)
        return chains


def _version(config: Config) -> str:
    meaning = json.dumps(_plain(dataclasses.replace(config, warnings=())), sort_keys=True)
    return hashlib.sha256(meaning.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; secrets by their digest, places in the file left out."""
    if isinstance(value, SecretStr):
        return hashlib.sha256(value.get_secret_value().encode()).hexdigest()
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare}
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    return value if value is None or isinstance(value, str | int | float) else repr(value)
