"""Starts the real server as its users do, as a process with a YAML file, and asks it how it is."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.rig.raw import RawClient
from tests.rig.waiting import until

Config = str | dict[str, Any]
"""A configuration as YAML text, or as an object (JSON is YAML)."""
START_SECONDS = 30.0
STOP_SECONDS = 10.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections for as long as this lasts: bound, but never listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


class Gateway:
    """One running server. A context manager that waits for its readiness and ends it afterwards.

    Args:
        folder: where the configuration and the output go; also the working directory.
        config: what to write into ``proxy.yaml`` there; a path is taken as it is.
        environment: added to our own environment.
        transport: of the upstreams that name none, where the configuration is an object; None: the default one.
    """

    def __init__(
        self,
        folder: Path,
        config: Config | Path,
        environment: dict[str, str] | None = None,
        transport: str | None = None,
    ) -> None:
        self.folder, self._transport = folder, transport
        self.config = config if isinstance(config, Path) else folder / "proxy.yaml"
        if not isinstance(config, Path):
            self.rewrite(config)
        self.port = free_port()
        self._environment = os.environ | {"PYTHONUNBUFFERED": "1"} | (environment or {})

    def __enter__(self) -> Self:
        options = ["--config", str(self.config), "--host", "127.0.0.1", "--port", str(self.port)]
        with self._output("stdout").open("wb") as out, self._output("stderr").open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "proxy.cli", "serve", *options],
                cwd=self.folder,
                env=self._environment,
                stdout=out,
                stderr=err,
            )
        self.http = httpx2.Client(base_url=self.url, trust_env=False, timeout=30)
        try:
            until(self._ready, "the server was ready", START_SECONDS)
        except AssertionError as late:
            self.stop()
            raise AssertionError(f"{late}\n{self.output()}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What an OpenAI client is given."""
        return f"{self.url}/v1"

    @property
    def pid(self) -> int:
        """Of the process that was started; with workers, their parent."""
        return self._process.pid

    def rewrite(self, config: Config) -> None:
        """Replace the configuration in one step, as editors do."""
        text = config if isinstance(config, str) else json.dumps(self._carried(config), indent=2)
        draft = self.config.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.config)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self._process.send_signal(number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for the process to end by itself; return its exit code.

        Raises:
            subprocess.TimeoutExpired: it did not.
        """
        return self._process.wait(seconds)

    def stop(self) -> int:
        """End it (SIGTERM, then SIGKILL after ten seconds) and return its exit code."""
        self.http.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()

    def raw(self, receive_buffer: int | None = None) -> RawClient:
        """A fresh raw connection to it."""
        return RawClient(self.port, receive_buffer)

    def record(self, request_id: str) -> dict[str, Any]:
        """The decision record of one request, waiting for it: it is written when the request is over.

        Raises:
            AssertionError: there is none before the deadline.
        """

        def ask() -> httpx2.Response | None:
            response = self.http.get(f"/v1/requests/{request_id}")
            return response if response.status_code == 200 else None

        found = until(ask, f"the record of {request_id} was there")
        assert found is not None
        record: dict[str, Any] = found.json()
        return record

    def logs(self) -> list[dict[str, Any]]:
        """What it has logged so far: the JSON objects of its standard output, one a line."""
        lines = self._output("stdout").read_text("utf-8", "replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def output(self) -> str:
        """All it has written so far, for a person to read."""
        return "\n".join(f"--- {name}\n{self._output(name).read_text('utf-8', 'replace')}" for name in _STREAMS)

    def _carried(self, config: dict[str, Any]) -> dict[str, Any]:
        if self._transport is None:
            return config
        upstreams = {
            name: account if account["provider"] == "demo" else {"transport": self._transport} | account
            for name, account in config["upstreams"].items()
        }
        return config | {"upstreams": upstreams}

    def _output(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _ready(self) -> bool:
        exit_code = self._process.poll()
        assert exit_code is None, f"the server ended with {exit_code} while starting"
        try:
            return bool(self.http.get("/health/readiness").status_code == 200)
        except httpx2.TransportError:
            return False


_STREAMS = ("stdout", "stderr")
