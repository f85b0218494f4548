"""The application: hot paths by exact look-up, the rest by Starlette; one snapshot that a reload swaps."""

import asyncio
import os
import time
from collections.abc import Coroutine, Mapping, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from starlette.requests import Request

from proxy import __version__, runtime
from proxy.books import Bookkeeping
from proxy.config import last_good
from proxy.config.load import load_bytes, read_bytes
from proxy.config.problems import ConfigErrors
from proxy.config.schema import Config
from proxy.config.watch import digest, watch
from proxy.edge import router
from proxy.edge.body import Receive
from proxy.edge.gateway import Snapshot
from proxy.edge.hot import HotPath
from proxy.edge.line import Send
from proxy.engine.after import After
from proxy.engine.engine import Engine
from proxy.ledger.reader import Reader
from proxy.observe.log import RecordLog
from proxy.observe.metrics import Metrics
from proxy.observe.records import RECORDS, Records
from proxy.observe.sinks import Notebook
from proxy.state.mementos.memory import MemoryMementos
from proxy.state.mementos.shared import MEMENTOS, SharedMementos
from proxy.tasks import spawn
from proxy.upstream.port import Upstream
from translators.dialects.chat import ChatDialect
from translators.dialects.embeddings import EmbeddingsDialect
from translators.facts import Endpoint

Scope = MutableMapping[str, Any]

RETIRE_POLL_SECONDS = 1.0
GAUGE_SECONDS = 2.0
"""How often each worker writes down what it alone knows: counts, circuits, keys."""

_log = structlog.get_logger("switchgear")


class Switchgear:
    """One worker's application.

    Args:
        config: a configuration that has been loaded and checked.
        path: where it was loaded from, and is loaded from again; None: it is never reloaded.
        overrides: what the command line said instead of keys of ``server``; a reload keeps to it.
        shared: a directory that all workers of this server share; None with one worker.
        problems: what is wrong with the file as it is now, if ``config`` is an earlier one.
    """

    def __init__(
        self,
        config: Config,
        path: Path | None,
        overrides: Mapping[str, object],
        shared: Path | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        self._config, self._path, self._overrides = config, path, overrides
        self._server, self._shared = config.server, shared
        self._seen = digest(path) if path else None
        self._state = runtime.State()
        self.snapshot: Snapshot = runtime.build(config, self._state)
        """The configuration in force."""
        self._metrics = Metrics(*_names(self.snapshot))
        self.log = RecordLog()
        self._records = Records(shared / RECORDS if shared else None)
        self._books = Bookkeeping(config, self._metrics)
        self._notebook = Notebook(self.log, self._records, self._metrics, self._books.journal)
        self._after = After([self._notebook, self._books.happenings])
        clock = time.monotonic
        self._mementos = SharedMementos(shared / MEMENTOS, clock) if shared else MemoryMementos(clock)
        accounting = self._books.accounting
        self.engine = Engine(self._after, clock, config.server.keep_alive, self._mementos, accounting)
        """The one loop."""
        self._problems = list(problems)
        self._draining = False
        self._reloading = asyncio.Lock()
        self._stop = asyncio.Event()
        self._gauging: asyncio.TimerHandle
        chat, embeddings = ChatDialect(), EmbeddingsDialect()
        self._quiet = router.build(self, chat, embeddings)
        hot = {b"/chat/completions": HotPath(self, chat), b"/embeddings": HotPath(self, embeddings)}
        self._hot = {prefix + path: endpoint for prefix in (b"/v1", b"") for path, endpoint in hot.items()}

    @property
    def records(self) -> Notebook:
        """Where decisions are kept."""
        return self._notebook

    @property
    def ledger(self) -> Reader | None:
        """Where requests are written down; None: nowhere."""
        return self._books.reader

    @property
    def draining(self) -> bool:
        """Whether the server is on its way out."""
        return self._draining

    @property
    def grace(self) -> float:
        """Seconds between the fall of readiness and the closing of the port."""
        return self._server.grace

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """ASGI. Not a coroutine of its own, so that the hot path has one less to wake up."""
        if scope["type"] == "http" and scope["method"] == "POST":
            hot = self._hot.get(scope["raw_path"])
            if hot is not None:
                return hot(scope, receive, send)
        return self._cold(scope, receive, send)

    async def _cold(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path: bytes = scope["raw_path"]
        request = Request(scope, receive)
        if path in self._hot:
            await router.wrong_method(request, "POST")(scope, receive, send)
        elif _odd(path):
            await router.unknown_url(request)(scope, receive, send)
        else:
            await self._quiet(scope, receive, send)

    async def reload(self) -> None:
        """Load the file again and swap the snapshot, or keep the one in force and say why."""
        if self._path is None:
            return
        async with self._reloading:
            try:
                data = await asyncio.to_thread(read_bytes, self._path)
                config = await asyncio.to_thread(load_bytes, data, self._path, os.environ, self._overrides)
                snapshot = await asyncio.to_thread(runtime.build, config, self._state)
            except (ConfigErrors, OSError) as fault:
                self._refuse(fault)
            except Exception as fault:  # noqa: BLE001 - a bad edit never takes a running proxy down
                _log.exception("config_refused")
                self._refuse(fault)
            else:
                self._adopt(config, snapshot)
                if self._shared is not None:
                    await asyncio.to_thread(last_good.keep, self._shared, data)

    def reload_soon(self) -> None:
        """Reload in the background; for SIGHUP."""
        spawn(self.reload(), "reload")

    def begin_drain(self, grace: float) -> None:
        """Readiness falls now; what is still under way when grace and drain are over is ended."""
        self._draining = True
        asyncio.get_running_loop().call_later(grace + self._server.drain, self.engine.break_off)
        _log.info("draining", in_flight=self.engine.in_flight)

    def obstacle(self) -> Mapping[str, Any] | None:
        """Why no request could be served now; None: some can."""
        return {"status": "draining"} if self._draining else self._books.obstacle()

    def health(self) -> dict[str, Any]:
        """How configuration, upstreams and targets are."""
        now, snapshot = time.monotonic(), self.snapshot
        return {
            "status": "draining" if self._draining else "ok",
            "version": __version__,
            "pid": os.getpid(),
            "config": {"valid": not self._problems, "version": snapshot.version, "errors": self._problems},
            "in_flight": self.engine.in_flight,
            **self._books.health(),
            "upstreams": {name: self._upstream_health(name, now) for name in self._config.upstreams},
            "circuits": [
                {
                    "subject": subject,
                    "rules": rules,
                    "state": circuit.state(now),
                    "opened_for": max(circuit.opened_until - now, 0.0),
                }
                for (rules, subject), circuit in self._state.world.circuits.items()
            ],
        }

    def metrics(self) -> tuple[bytes, str]:
        """The exposition and its content type."""
        self._gauge()
        return self._metrics.render()

    def _gauge(self) -> None:
        """What only this worker knows, where the worker that happens to be scraped can see it; and what has changed."""
        self._books.gauge()
        self._metrics.carry()
        now, lanes = time.monotonic(), self.snapshot.lanes[Endpoint.CHAT]
        rules = {
            str(link.policy.options)
            for chain in self.snapshot.chains.values()
            for link in chain.links
            if not link.shadow
        }
        acting = [(key, circuit) for key, circuit in self._state.world.circuits.items() if key[0] in rules]
        self._metrics.circuits((subject, circuit.state(now)) for (_, subject), circuit in acting)
        for name, lane in lanes.items():
            if lane.keys is not None:
                self._metrics.keys_in_service(name, lane.keys.in_service(now))
        self._books.happenings.look(acting, lanes, _names(self.snapshot)[1], now, self._books.mode)

    def _gauge_on(self) -> None:
        self._gauge()
        self._gauging = asyncio.get_running_loop().call_later(GAUGE_SECONDS, self._gauge_on)

    def _upstream_health(self, name: str, now: float) -> dict[str, Any]:
        config, lane = self._config.upstreams[name], self.snapshot.lanes[Endpoint.CHAT].get(name)
        if lane is None:
            return {"provider": config.provider, "off": config.off}
        health: dict[str, Any] = {"provider": config.provider}
        if lane.keys is not None:
            health |= {"keys": len(config.secrets) or 1, "keys_in_service": lane.keys.in_service(now)}
        return health

    def _refuse(self, fault: Exception) -> None:
        self._problems = str(fault).splitlines() or [repr(fault)]
        self._metrics.config(valid=False, version=self.snapshot.version)
        self._books.happenings.refused(self.snapshot.version, len(self._problems))
        _log.error("config_refused", errors=self._problems, kept=self.snapshot.version)

    def _adopt(self, config: Config, snapshot: Snapshot) -> None:
        if replace(config.server, max_body=self._server.max_body) != self._server:
            _log.warning("server_settings_need_a_restart")
        if (config.state, config.ledger) != (self._config.state, self._config.ledger):
            _log.warning("state_and_ledger_need_a_restart")
        self._config, self.snapshot, self._problems = config, snapshot, []
        self._books.reloaded(config)
        self._metrics.known(*_names(snapshot))
        self._state.forgive()
        self._metrics.config(valid=True, version=snapshot.version)
        for upstream in self._state.unused(config):
            spawn(self._retire(upstream), "retire-upstream")
        _log.info("config_loaded", version=snapshot.version, warnings=[str(problem) for problem in config.warnings])

    async def _retire(self, upstream: Upstream) -> None:
        """Close an upstream that a reload took away, once no request uses it."""
        while self.engine.uses(upstream):  # noqa: ASYNC110 - rare, and nothing waits for it
            await asyncio.sleep(RETIRE_POLL_SECONDS)
        await upstream.aclose()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        watcher = None
        if self._path is not None:
            watcher = spawn(watch(self._path, self._seen, self.reload, self._stop), "watch-config")
        self._metrics.config(valid=not self._problems, version=self.snapshot.version)
        await self._books.start()
        self._gauge_on()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._stop.set()
        self._gauging.cancel()
        if watcher is not None:
            await asyncio.wait([watcher])
        await self._after.drain()
        await self._books.close()
        await self._records.close()
        await self._mementos.close()
        self.log.close()
        for upstream in self._state.upstreams.values():
            await upstream.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def _names(snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """The models and the targets that the configuration itself names."""
    models = list(snapshot.models)
    return [model.name for model in models], [target.name for model in models for target in model.targets]


def _odd(path: bytes) -> bool:
    """Paths that no client of ours writes but that some router might take for another one (D3)."""
    if b"//" in path or b"/.." in path or b"/./" in path:
        return True
    return b"%" in path and b"/models/" not in path
