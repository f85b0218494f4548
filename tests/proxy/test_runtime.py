"""The composition root: which transport an upstream gets, and what a reload keeps of it."""

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import trustme

from policies.base import Timeouts
from proxy import runtime
from proxy.config.load import load, load_file
from proxy.config.schema import Config, TransportName
from proxy.upstream.demo import DemoUpstream
from proxy.upstream.fast import FastUpstream
from proxy.upstream.httpx import HttpUpstream
from proxy.upstream.port import TransportFault
from translators.base import WireRequest
from translators.facts import TLS, Endpoint, Price
from translators.providers.no_embeddings import NoEmbeddings
from translators.providers.openai.embeddings import OpenAIEmbeddings

TEXT = """
upstreams:
  demo: {provider: demo}
  usual: {provider: vllm, base_url: "http://127.0.0.1:9/v1"}
  named: {provider: vllm, base_url: "http://127.0.0.1:9/v1", transport: fast}
  library: {provider: vllm, base_url: "http://127.0.0.1:9/v1", transport: httpx}
  by-proxy:
    provider: vllm
    base_url: http://127.0.0.1:9/v1
    transport: {use: httpx, proxy: "http://ann:word@127.0.0.1:9"}
  trusting: {provider: vllm, base_url: "https://127.0.0.1:9/v1", transport: {verify: false}}
models: {m: demo/echo}
"""
KINDS = {
    "demo": DemoUpstream,
    "usual": FastUpstream,
    "named": FastUpstream,
    "library": HttpUpstream,
    "by-proxy": HttpUpstream,
    "trusting": FastUpstream,
}
IMPORTS = """
import sys
import proxy.app, proxy.serve
from proxy import runtime
from proxy.config.load import load
runtime.build(load(sys.argv[1], "f", {}), runtime.State())
print("httpx2" in sys.modules)
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The only one there is."""
    return "asyncio"


def test_each_upstream_gets_the_transport_that_it_asks_for() -> None:
    """And the fast one if it asks for none."""
    snapshot = runtime.build(load(TEXT, "f", {}), runtime.State())

    assert {name: type(lane.upstream) for name, lane in snapshot.lanes[Endpoint.CHAT].items()} == KINDS


def test_an_upstream_has_one_lane_for_each_thing_that_may_be_asked_for() -> None:
    """They have connections and keys in common; an API without embeddings says so instead of being left out."""
    text = (
        "upstreams: {o: {provider: openai, api_key: k}, a: {provider: anthropic, api_key: k}}\nmodels: {m: [o/x, a/y]}"
    )
    lanes = runtime.build(load(text, "f", {}), runtime.State()).lanes
    chat, embeddings = lanes[Endpoint.CHAT], lanes[Endpoint.EMBEDDINGS]

    assert chat.keys() == embeddings.keys() == {"o", "a"}
    for name in chat:
        assert (chat[name].upstream, chat[name].keys) == (embeddings[name].upstream, embeddings[name].keys)
        assert chat[name].translator is not embeddings[name].translator
    assert isinstance(embeddings["o"].translator, OpenAIEmbeddings)
    assert isinstance(embeddings["a"].translator, NoEmbeddings)


@pytest.mark.parametrize(("transport", "imported"), [("fast", "False"), ("httpx", "True")])
def test_httpx_is_imported_only_where_an_upstream_uses_it(transport: str, imported: str) -> None:
    """A hundred modules that most servers never need."""
    text = f"upstreams: {{o: {{provider: openai, api_key: k, transport: {transport}}}}}\nmodels: {{m: o/x}}\n"

    done = subprocess.run([sys.executable, "-c", IMPORTS, text], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == imported


def test_a_reload_keeps_the_pools_that_did_not_change_and_only_those(tmp_path: Path) -> None:
    """A file that was replaced under the same name is a change, too; the old pool is handed back to be closed."""
    authority, state = trustme.CA(), runtime.State()
    path = tmp_path / "proxy.yaml"
    path.write_text(TEXT.replace("verify: false", "ca_file: ca.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    before = _upstreams(load_file(path, {}), state)
    same = _upstreams(load_file(path, {}), state)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    config = load_file(path, {})
    after = _upstreams(config, state)

    assert same == before
    assert [name for name in KINDS if after[name] is not before[name]] == ["trusting"]
    assert state.unused(config) == [before["trusting"]]
    assert state.unused(config) == []


@pytest.mark.anyio
@pytest.mark.parametrize("use", get_args(TransportName))
async def test_the_files_of_a_transport_reach_its_handshakes(use: str, tmp_path: Path) -> None:
    """Our authority is trusted and our certificate shown, by either transport; without them there is no connection."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("localhost").configure_cert(theirs)
    authority.configure_trust(theirs)
    server = await asyncio.start_server(_greet, "127.0.0.1", ssl=theirs)
    port = server.sockets[0].getsockname()[1]
    async with server:
        ours = {"use": use, "ca_file": "ca.pem", "cert_file": "client.pem"}
        greeted = await _greeting(tmp_path, port, ours)
        trusting = await _greeting(tmp_path, port, {"use": use, "verify": False, "cert_file": "client.pem"})
        refused = await _greeting(tmp_path, port, {"use": use, "cert_file": "client.pem"})

    assert (greeted, trusting) == (b"client.example", b"client.example")
    assert refused == TLS


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with the name in the certificate that it was shown."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        ((_, name),) = writer.get_extra_info("peercert")["subjectAltName"]
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(name), name.encode()))
        await reader.read()
    writer.close()


async def _greeting(folder: Path, port: int, transport: dict[str, object]) -> bytes | str | None:
    """What is answered, or the code of why nothing is."""
    path = folder / "proxy.yaml"
    account = {"provider": "vllm", "base_url": f"https://localhost:{port}/v1", "transport": transport}
    path.write_text(json.dumps({"upstreams": {"own": account}, "models": {"m": "own/x"}}))
    upstream = runtime.build(load_file(path, {}), runtime.State()).lanes[Endpoint.CHAT]["own"].upstream
    try:
        exchange = await upstream.send(WireRequest("/chat/completions", b"{}"), Timeouts(), None, 20.0)
        try:
            return await exchange.read(20.0)
        finally:
            exchange.close()
    except TransportFault as fault:
        return fault.failure.code
    finally:
        await upstream.aclose()


def _upstreams(config: Config, state: runtime.State) -> dict[str, object]:
    return {name: lane.upstream for name, lane in runtime.build(config, state).lanes[Endpoint.CHAT].items()}


KNOWN = """
upstreams:
  oa: {provider: openai, api_key: sk-for-tests-only, parameters: {seed: drop}}
  claude: {provider: anthropic, api_key: sk-for-tests-only}
models:
  small:
    targets:
      - oa/o3-mini
      - {to: oa/o3-mini-2031-01-31, capabilities: {vision: true, max_output: 8k}, price: {input: $1/M, output: $2/M}}
      - {to: claude/own, capabilities: {response_schema: false, tools: false}}
  "any/*": oa/*
"""


def test_targets_know_their_models() -> None:
    """The catalogue, what the operator says of the model over it, what the operator says of parameters over all."""
    models = runtime.build(load(KNOWN, "f", {}), runtime.State()).models
    small, passed = models.find("small"), models.find("any/o3-mini")
    assert small is not None
    assert passed is not None
    known, said, own = small.targets
    blind = {"messages[].content[].image_url": "refuse", "parallel_tool_calls": "drop", "seed": "drop"}

    assert known.parameters == passed.targets[0].parameters == blind
    assert known.capabilities == passed.targets[0].capabilities
    assert known.price == passed.targets[0].price
    assert said.parameters == {"parallel_tool_calls": "drop", "seed": "drop"}
    assert (said.capabilities.max_output, said.output_limit) == (8000, 8000)
    assert (known.capabilities.max_output, known.output_limit) == (100_000, None)
    assert said.price == Price(1_000_000, 2_000_000)
    assert own.parameters == {"tools": "refuse", "functions": "refuse"}  # Anthropic's wire calls a tool for a schema
