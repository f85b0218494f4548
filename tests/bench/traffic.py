"""What is sent, and what the load generator saw of the answers."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import KEY, processes

PATH = "/v1/chat/completions"
MODEL = "bench"
PROSE = "When would I combine a load break switch with fuses instead of buying a circuit breaker? Name two drawbacks. "
HANGS = 120.0
"""Seconds after which a load is given up, over and above its own time."""


@dataclass(frozen=True)
class Load:
    """One way to load a server."""

    connections: int
    size: int = 1000
    """Bytes of the request, about."""
    chunks: int = 0
    """Content chunks of the streamed answer; 0: the answer comes as one."""
    gap: int = 0
    """Microseconds between two chunks; 0: as fast as they go."""
    rate: float = 0.0
    """Requests a second, whatever the server does; 0: each client's next as soon as its last has ended."""
    share: float = 1.0
    """How long it lasts, in units of ``--seconds``."""

    def body(self) -> bytes:
        """The chat request. Its last words tell the stub what to do."""
        asked: dict[str, Any] = {"model": MODEL, "temperature": 0.7, "max_tokens": 256, "messages": []}
        while len(str(asked)) < self.size:
            role = "user" if len(asked["messages"]) % 2 == 0 else "assistant"
            asked["messages"].append({"role": role, "content": PROSE})
        if self.chunks:
            asked["messages"].append({"role": "user", "content": f"[n={self.chunks} gap={self.gap}]"})
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps(asked, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Seen:
    """What came of a load. Times in microseconds."""

    answers: int
    bad: int
    seconds: float
    p50: float
    p99: float
    ttft_p50: float
    ttft_p99: float
    cpu: float
    """CPU seconds of the load generator itself."""


@dataclass(frozen=True)
class Generator:
    """The load generator, compiled."""

    program: Path
    nice: int = 0
    key: str = KEY

    def run(self, port: int, load: Load, *, seconds: float = 0.0, requests: int = 0) -> Seen:
        """Load a server from the load's core, for so many seconds or requests; all answers have come at the end.

        Raises:
            SystemExit: an answer was not what it should be: a figure of it would mean nothing.
        """
        until = ["-n", str(requests)] if requests else ["-s", f"{seconds * load.share:g}"]
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(load.body())
            file.flush()
            shape = ["-c", str(load.connections), "-r", str(load.rate), "-k", self.key, "-b", file.name]
            command = ["nice", "-n", str(self.nice), str(self.program), *until, *shape, str(port), PATH]
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                preexec_fn=lambda: processes.pin({processes.LOAD_CORE}),
                timeout=HANGS + seconds * load.share,
            )
        if done.returncode:
            sys.exit(f"the load broke off: {load}")
        seen = Seen(**json.loads(done.stdout))
        if seen.bad or not seen.answers:
            sys.exit(f"{seen.bad} of {seen.answers} answers were bad: {load}")
        return seen
