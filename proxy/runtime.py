"""The composition root: a configuration becomes a snapshot that serves. The only file that names concrete parts.

``State`` is what outlives a reload: connection pools, key quarantines, circuits, live figures. Building touches none of
it but to look things up and to add, so a build that fails half-way leaves the running snapshot as it was. It runs in a
thread, off the event loop.
"""

import random
import ssl
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import get_args

from policies.access import Access
from policies.base import Live, Policy, Principal, Target
from policies.circuit import Circuit, CircuitKey
from policies.ports import World
from policies.strategy import StrategyName
from proxy import catalog
from proxy.config.limits import entry_of
from proxy.config.schema import (
    AuthConfig,
    Config,
    KeyConfig,
    ModelConfig,
    PolicyConfig,
    TransportConfig,
    UpstreamConfig,
    revealed,
)
from proxy.edge.gateway import Snapshot
from proxy.edge.keys import KeyTable
from proxy.engine.chain import Chain, Link
from proxy.engine.ports import Keys, Lane
from proxy.models import Model, Models
from proxy.upstream import certificates
from proxy.upstream.account import Account
from proxy.upstream.auth import BEARER, scheme
from proxy.upstream.aws import AccessKeys, AmbientKeys, Signature, WrittenKeys
from proxy.upstream.demo import DemoUpstream
from proxy.upstream.entra import DATED_SCOPE, SCOPE, Application, EntraTokens
from proxy.upstream.fast import FastUpstream
from proxy.upstream.google import GoogleTokens
from proxy.upstream.identity import Bearer, Identified
from proxy.upstream.keys import KeyRing
from proxy.upstream.place import base_url
from proxy.upstream.port import Upstream
from proxy.upstream.sessions import Way
from proxy.upstream.wallet import Wallet
from translators.base import ChatRequest, Translator
from translators.facts import Endpoint
from translators.providers.no_embeddings import NoEmbeddings
from translators.providers.openai import OpenAI
from translators.registry import PROVIDERS

LIVE_LIMIT = 4096
"""Targets whose live figures are kept. Only a wildcard can name more, and whoever asks chooses those names."""


class Recent(OrderedDict[CircuitKey, Circuit]):
    """A dictionary that forgets what was written longest ago, so that made-up model names cannot fill the memory."""

    def __setitem__(self, key: CircuitKey, value: Circuit) -> None:
        super().__setitem__(key, value)
        if len(self) > LIVE_LIMIT:
            self.popitem(last=False)


@dataclass(slots=True)
class State:
    """What outlives a reload."""

    world: World = field(default_factory=lambda: World(random.Random(), Recent()))
    live: dict[str, Live] = field(default_factory=dict)
    """Of the targets that the YAML names."""
    passing: OrderedDict[str, Live] = field(default_factory=OrderedDict)
    """Of those that a wildcard let through lately."""
    upstreams: dict[UpstreamConfig, Upstream] = field(default_factory=dict)
    rings: dict[tuple[str, tuple[str, ...]], KeyRing] = field(default_factory=dict)
    """By upstream name and secrets: a changed key starts without a quarantine."""

    def live_of(self, target: str) -> Live:
        """The live figures of a target that the YAML names."""
        return self.live.setdefault(target, Live())

    def live_of_passing(self, target: str) -> Live:
        """Those of a target that a wildcard lets through; asked for at each of its requests."""
        live = self.live.get(target) or self.passing.setdefault(target, Live())
        if target in self.passing:
            self.passing.move_to_end(target)
        if len(self.passing) > LIVE_LIMIT:
            self.passing.popitem(last=False)
        return live

    def forgive(self) -> None:
        """An operator has just been here: what is quarantined is tried again."""
        for ring in self.rings.values():
            ring.forgive()
        for upstream in self.upstreams.values():
            if isinstance(upstream, Identified):
                upstream.wallet.forgive()

    def unused(self, config: Config) -> list[Upstream]:
        """Take out what this configuration no longer has; the upstreams are to be closed once they are idle."""
        for ring in self.rings.keys() - {_ring_of(upstream) for upstream in config.upstreams.values()}:
            del self.rings[ring]
        gone = [key for key in self.upstreams if key not in config.upstreams.values()]
        return [self.upstreams.pop(key) for key in gone]


def build(config: Config, state: State) -> Snapshot:
    """Everything a request needs, from a configuration that has been checked."""
    catalog.load()  # here, and not while somebody waits
    return Snapshot(
        version=config.version,
        keys=KeyTable(_principals(config)),
        models=Models(_models(config, state), state.live_of_passing, partial(_fit, config=config)),
        chains={name: _chain(name, entries, state.world) for name, entries in config.chains.items()},
        lanes=_lanes(config, state),
        strategies=frozenset(get_args(StrategyName)),
        max_body=config.server.max_body,
        created=int(time.time()),
        serial=time.time_ns() // 1_000_000,
    )


def _lanes(config: Config, state: State) -> Mapping[Endpoint, dict[str, Lane]]:
    """All ways to each upstream: they differ in who translates, and have connections and keys in common."""
    lanes: Mapping[Endpoint, dict[str, Lane]] = {endpoint: {} for endpoint in Endpoint}
    for upstream in config.upstreams.values():
        if not upstream.off:
            api = PROVIDERS[upstream.provider].api(upstream.api)
            lane = _lane(upstream, api.chat, state)
            lanes[Endpoint.CHAT][upstream.name] = lane
            lanes[Endpoint.EMBEDDINGS][upstream.name] = replace(lane, translator=api.embeddings or NoEmbeddings())
    return lanes


def _lane(config: UpstreamConfig, translator: Translator[ChatRequest], state: State) -> Lane:
    upstream = state.upstreams.get(config)
    if upstream is None:
        upstream = state.upstreams[config] = _upstream(config, state)
    return Lane(translator, upstream, _keys(config, upstream, state))


def _keys(config: UpstreamConfig, upstream: Upstream, state: State) -> Keys | None:
    if isinstance(upstream, Identified):
        return upstream.wallet
    name, secrets = _ring_of(config)
    ring = state.rings.get((name, secrets))
    if ring is None and secrets:
        ring = state.rings[name, secrets] = KeyRing(secrets)
    return ring


def _ring_of(config: UpstreamConfig) -> tuple[str, tuple[str, ...]]:
    return config.name, tuple(secret.get_secret_value() for secret in config.secrets)


def _upstream(config: UpstreamConfig, state: State) -> Upstream:
    if config.provider == "demo":
        return DemoUpstream(config.name, state.world.dice)
    provider = PROVIDERS[config.provider]
    api = provider.api(config.api)
    where = base_url(provider, api, config.base_url, config.region, config.project, config.api_version)
    upstream = _transport(config, where)
    return upstream if config.auth.use == "default" else _identified(config, upstream, where)


def _transport(config: UpstreamConfig, where: str) -> Upstream:
    transport = config.transport
    account = Account(
        name=config.name,
        base_url=where,
        auth=scheme(config.provider, config.api) if config.auth.use == "default" else BEARER,
        headers=dict(config.headers),
        connections=config.connections,
        public_only=config.public_only or config.base_url is None,
        verify=_verify(transport),
    )
    if transport.use == "fast":
        return FastUpstream(account)
    from proxy.upstream.httpx import HttpUpstream  # a hundred modules that most servers never need

    return HttpUpstream(account, http2=transport.http2, proxy=revealed(transport.proxy))


def _verify(transport: TransportConfig) -> ssl.SSLContext | bool:
    ca, cert, key = map(revealed, (transport.ca, transport.cert, transport.key))
    return certificates.context(ca, cert, key, transport.verify)


def _identified(config: UpstreamConfig, upstream: Upstream, where: str) -> Upstream:
    """With the libraries that this takes imported, here and not while somebody waits."""
    if config.auth.use == "aws":
        assert config.region is not None, "the configuration was checked"
        signature = Signature(where, config.region, dict(config.headers))
        return Identified(upstream, Wallet(_access_keys(config.auth), config.name), signature)
    way = Way(revealed(config.transport.proxy), revealed(config.transport.ca))
    if config.auth.use == "google":
        account = GoogleTokens(revealed(config.auth.credentials), way)
        return Identified(upstream, Wallet(account, config.name), Bearer())
    scope = config.auth.scope or (DATED_SCOPE if config.api_version else SCOPE)
    tokens = EntraTokens(_application(config.auth), scope, config.auth.authority, way)
    return Identified(upstream, Wallet(tokens, config.name), Bearer())


def _access_keys(auth: AuthConfig) -> AmbientKeys | WrittenKeys:
    key_id, key, token = map(revealed, (auth.access_key_id, auth.secret_access_key, auth.session_token))
    return AmbientKeys() if key_id is None or key is None else WrittenKeys(AccessKeys(key_id, key, token))


def _application(auth: AuthConfig) -> Application | None:
    tenant, client, secret = map(revealed, (auth.tenant_id, auth.client_id, auth.client_secret))
    return None if tenant is None or client is None or secret is None else Application(tenant, client, secret)


def _principals(config: Config) -> Iterable[tuple[str, Principal]]:
    for key in config.keys:
        yield key.secret.get_secret_value(), principal(key)


def principal(key: KeyConfig) -> Principal:
    """Who asks with a key."""
    return Principal(key.id, key.team, key.user, key.org, key.models, key.chain, key.priority)


def _models(config: Config, state: State) -> Iterable[Model]:
    for model in config.models.values():
        yield Model(model.name, tuple(_targets(model, config, state)), model.chain)


def _targets(model: ModelConfig, config: Config, state: State) -> Iterable[Target]:
    for target in model.targets:
        upstream = config.upstreams[target.upstream]
        name = f"{target.upstream}/{target.model}"
        said = Target(
            name=name,
            upstream=target.upstream,
            provider=upstream.provider,
            model=target.model,
            tier=target.tier,
            weight=target.weight,
            timeouts=target.timeouts,
            api_version=upstream.api_version,
            parameters=dict(upstream.parameters),
            capabilities=target.capabilities,
            price=target.price,
            output_limit=target.capabilities.max_output,
            live=state.live_of(name),
        )
        yield _fit(said, config)


def _fit(target: Target, config: Config) -> Target:
    upstream = config.upstreams[target.upstream]
    return catalog.fit(target, native=isinstance(PROVIDERS[upstream.provider].api(upstream.api).chat, OpenAI))


def _chain(name: str, entries: Iterable[PolicyConfig], world: World) -> Chain:
    links = [Link("access", Access(Access.Options(), world))]
    links += [Link(entry.name, _policy(entry, world), entry.when, entry.shadow) for entry in entries]
    return Chain(name, links)


def _policy(entry: PolicyConfig, world: World) -> Policy:
    return entry.cls(entry.options, replace(world, entry=entry_of(entry)))
