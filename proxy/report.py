"""What a configuration means, in words: the output of ``switchgear check`` and ``switchgear explain``."""

import asyncio
import dataclasses
import secrets
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from policies.base import Call, Principal
from policies.limit import Limit
from proxy import runtime
from proxy.config.schema import Config, KeyConfig, PolicyConfig, TargetConfig, UpstreamConfig
from proxy.edge.gateway import Snapshot
from proxy.edge.intake import DEFAULT_CHAIN
from proxy.edge.keys import ANONYMOUS
from proxy.edge.route import decide
from proxy.engine.after import After
from proxy.engine.engine import Engine
from proxy.engine.ports import Job
from proxy.engine.story import Story
from proxy.limits_in_words import TOLD, limits, store
from proxy.models import Model
from proxy.observe.record import Record
from translators.dialects.chat import ChatDialect
from translators.facts import Capabilities, Price
from translators.registry import PROVIDERS

NO_TARGET = 1
"""Exit code of ``explain`` when the request would not be sent."""


def describe(config: Config) -> str:
    """The compiled configuration: upstreams, models with their targets, chains with every option, keys."""
    return "\n".join(_lines(config))


def explain(config: Config, model: str, key: str | None, *, stream: bool, tags: frozenset[str]) -> tuple[str, int]:
    """Where a request would go, and why.

    Args:
        config: a checked configuration.
        model: what the client would ask for.
        key: id of the key it would use; None: the first one, or anonymous.
        stream: whether it would stream.
        tags: the tags it would carry.

    Returns:
        The text, and the exit code.
    """
    snapshot = runtime.build(config, runtime.State())
    principal = _principal(config, key)
    found = snapshot.models.find(model)
    if principal is None or found is None:
        what, names = ("key", [k.id for k in config.keys]) if principal is None else ("model", list(config.models))
        return f"no such {what}; there are: {', '.join(names) or 'none'}", NO_TARGET
    record = asyncio.run(_decide(snapshot, found, principal, stream, tags))
    return "\n".join(_decision(record)), 0 if record["decision"] == "send" else NO_TARGET


def _lines(config: Config) -> Iterator[str]:
    server = config.server
    yield f"listens on {server.host}:{server.port}, {server.workers} worker(s); config {config.version}"
    yield f"accounts are {store(config)}"
    yield "\nupstreams"
    yield from (f"  {_upstream(upstream)}" for upstream in config.upstreams.values())
    yield "\nmodels"
    for model in config.models.values():
        yield f"  {model.name}  (chain: {model.chain or 'of the key, else default'})"
        yield from (f"    {number}. {_target(target)}" for number, target in enumerate(model.targets, 1))
    yield "\nchains"
    for name, entries in config.chains.items():
        yield f"  {name}"
        yield "    access"
        for entry in entries:
            yield f"    {_entry(entry)}"
            yield from (f"      {line}" for line in limits(config, entry))
    yield "\nkeys"
    yield from (f"  {_key(key)}" for key in config.keys)
    if not config.keys:
        yield "  none: everybody may ask, on this machine only"


def _upstream(upstream: UpstreamConfig) -> str:
    parts = [
        f"{upstream.provider} at {upstream.base_url}" if upstream.base_url else upstream.provider,
        f"api {upstream.api or next(iter(PROVIDERS[upstream.provider].apis))}",
        *(f"{name} {value}" for name in ("region", "project") if (value := getattr(upstream, name))),
        *([] if upstream.transport.use == "fast" else [f"by {upstream.transport.use}"]),
        *(f"{name}: {wish}" for name, wish in upstream.parameters),
        f"OFF: {upstream.off}" if upstream.off else _credentials(upstream),
    ]
    return f"{upstream.name}: {', '.join(parts)}"


def _credentials(upstream: UpstreamConfig) -> str:
    auth = upstream.auth
    if auth.use == "default":
        return f"{len(upstream.secrets)} key(s)"
    written = auth.access_key_id or auth.credentials or auth.client_secret
    return f"auth {auth.use}, {'as written' if written else 'by what the surroundings say'}"


def _target(target: TargetConfig) -> str:
    deadlines = ", ".join(f"{name} {value:g}s" for name, value in dataclasses.asdict(target.timeouts).items())
    written = [_said("capabilities", target.capabilities, _plain)]
    if target.price is not None:
        written.append(_said("price", target.price, _rate))
    return "; ".join([f"{target.to}  tier {target.tier}, weight {target.weight:g}", deadlines, *filter(None, written)])


def _said(what: str, known: Capabilities | Price, plain: Callable[[Any], str]) -> str:
    """What is written of a model in the YAML's own words; nothing where nothing is."""
    values = {field.name: getattr(known, field.name) for field in dataclasses.fields(known) if field.compare}
    values |= dict(values.pop("tiers", ()))
    said = ", ".join(f"{name}: {plain(value)}" for name, value in values.items() if value not in (None, ()))
    return f"{what} {{{said}}}" if said else ""


def _rate(pico: int | Price) -> str:
    """A price as it is written: dollars per million tokens; a tier's as a mapping."""
    if isinstance(pico, Price):
        return _said("", pico, _rate).strip()
    return f"${Decimal(pico).scaleb(-6).normalize():f}/M"


def _entry(entry: PolicyConfig) -> str:
    told = TOLD if issubclass(entry.cls, Limit) else ()
    values = {field.name: getattr(entry.options, field.name) for field in dataclasses.fields(entry.options)}
    options = ", ".join(
        f"{name}: {_plain(value)}" for name, value in values.items() if name not in told and value is not None
    )
    conditions = dataclasses.asdict(entry.when) if entry.when else {}
    when = ", ".join(f"{name}: {_plain(value)}" for name, value in conditions.items() if value not in ((), None))
    parts = [entry.name, f"{{{options}}}" if options else "", f"when {{{when}}}" if when else ""]
    return " ".join(part for part in [*parts, "(shadow)" if entry.shadow else ""] if part)


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_plain(entry) for entry in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _key(key: KeyConfig) -> str:
    belongs = ", ".join(f"{name} {value}" for name in ("team", "user", "org") if (value := getattr(key, name)))
    return f"{key.id}{f' ({belongs})' if belongs else ''}: {', '.join(key.models)}"


def _principal(config: Config, key: str | None) -> Principal | None:
    if not config.keys and key is None:
        return ANONYMOUS
    found = next((entry for entry in config.keys if key is None or entry.id == key), None)
    return runtime.principal(found) if found else None


async def _decide(snapshot: Snapshot, model: Model, principal: Principal, stream: bool, tags: frozenset[str]) -> Record:
    now, dialect = time.monotonic(), ChatDialect()
    created = int(time.time())
    raw = b'{"model":"m","messages":[{"role":"user","content":"?"}]}'
    ask = dialect.parse(raw, request_id="explain", created=created)
    ask = dataclasses.replace(ask, model=model.name, stream=stream)
    call = Call(
        id=f"req_{secrets.token_hex(12)}",
        model=model.name,
        targets=model.targets,
        principal=principal,
        started=now,
        deadline=now + model.total,
        stream=stream,
        tags=tags,
    )
    chain = snapshot.chains[model.chain or principal.chain or DEFAULT_CHAIN]
    story = Story(call, chain.name, snapshot.version, created)
    job = Job(call, ask, chain, snapshot.lanes[dialect.endpoint], dialect.encoder(ask), story)
    return await decide(Engine(After([]), time.monotonic), job)


def _decision(record: Record) -> Iterator[str]:
    if record["decision"] == "send":
        yield f"{record['model']} -> {record['target']}"
    else:
        yield f"{record['model']} -> nowhere: {record.get('why', 'no target is available')}"
    notes = [*record["policies"], *(note for turn in record["attempts"] for note in turn["policies"])]
    for note in [*notes, *record.get("ended_by", ())]:
        policy = f"{note['policy']} (shadow)" if note.get("shadow") else note["policy"]
        parts = [policy, note["verdict"], note.get("target"), note.get("why")]
        yield "  " + "  ".join(str(part) for part in [*parts, note.get("value")] if part is not None)
    yield f"  chain {record['chain']}, config {record['config']}"
