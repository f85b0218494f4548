"""The files of an upstream's transport: read with the configuration, checked with it, and part of what it means."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from proxy.config import last_good
from proxy.config.load import load, load_bytes, load_file
from proxy.config.problems import ConfigErrors
from proxy.config.schema import Config, TransportConfig, revealed
from tests import readme

Write = Callable[[str], Path]
"""Writes a configuration with this text as its one upstream's transport; returns its path."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Issues what the files hold."""
    return trustme.CA()


@pytest.fixture(scope="module")
def leaf(authority: trustme.CA) -> trustme.LeafCert:
    """A client's certificate."""
    return authority.issue_cert("client.example")


@pytest.fixture
def write(tmp_path: Path, authority: trustme.CA, leaf: trustme.LeafCert) -> Write:
    """The PEM files stand beside the configuration, which is not where the server was started."""
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    key = leaf.private_key_pem.bytes()
    locked = load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    files = {
        "ca.pem": b"# Aut\xc3\xb3ridad de la casa\n" + authority.cert_pem.bytes(),
        "client.pem": chain,
        "client.key": key,
        "both.pem": key + chain,
        "other.key": authority.issue_cert("other.example").private_key_pem.bytes(),
        "locked.key": locked,
        "damaged.pem": authority.cert_pem.bytes().replace(b"M", b"-", 2),
        "text.pem": b"not PEM\n",
    }
    for name, held in files.items():
        (tmp_path / name).write_bytes(held)

    def written(transport: str) -> Path:
        path = tmp_path / "proxy.yaml"
        path.write_text(
            "upstreams:\n"
            f"  own: {{provider: vllm, base_url: 'https://vllm.example/v1', transport: {transport}}}\n"
            "models: {m: own/llama}\n"
        )
        return path

    return written


def problems(path: Path) -> list[tuple[str, str]]:
    """Which field is wrong and why, in the file's order."""
    with pytest.raises(ConfigErrors) as caught:
        load_file(path, {})
    found = caught.value.problems
    assert all(problem.line == 2 and problem.column > 1 for problem in found)
    return [(problem.path.removeprefix("upstreams.own.transport."), problem.message) for problem in found]


def transport(config: Config) -> TransportConfig:
    """That of the one upstream."""
    return config.upstreams["own"].transport


def test_files_are_read_where_the_configuration_is(write: Write, tmp_path: Path) -> None:
    """Relative paths begin at the YAML file's folder, absolute ones are as they are."""
    relative = load_file(write("{ca_file: ca.pem, cert_file: client.pem, key_file: client.key}"), {})
    absolute = load_file(write(f"{{ca_file: {tmp_path}/ca.pem, cert_file: client.pem, key_file: client.key}}"), {})

    assert revealed(transport(relative).ca) == (tmp_path / "ca.pem").read_text()
    assert revealed(transport(relative).cert) == (tmp_path / "client.pem").read_text()
    assert revealed(transport(relative).key) == (tmp_path / "client.key").read_text()
    assert transport(absolute) == transport(relative)


def test_a_certificates_file_may_hold_its_key(write: Write) -> None:
    """As many tools write it."""
    assert transport(load_file(write("{cert_file: both.pem}"), {})).key is None


@pytest.mark.parametrize(
    ("written", "field", "why"),
    [
        ("{ca_file: text.pem}", "ca_file", "holds no certificate"),
        ("{ca_file: client.key}", "ca_file", "holds no certificate"),
        ("{ca_file: damaged.pem}", "ca_file", "or a damaged one"),
        ("{ca_file: .}", "ca_file", "the file cannot be read"),
        ("{cert_file: text.pem, key_file: client.key}", "cert_file", "holds no certificate"),
        ("{cert_file: client.pem}", "cert_file", "holds no private key"),
        ("{cert_file: client.pem, key_file: text.pem}", "key_file", "holds no private key"),
        ("{cert_file: client.pem, key_file: locked.key}", "key_file", "asks for a password"),
        ("{cert_file: client.pem, key_file: other.key}", "key_file", "the private key is another certificate's"),
        ("{key_file: client.key}", "key_file", "cert_file is required"),
        ("{ca_file: ca.pem, verify: false}", "verify", "either ca_file or verify: false"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(written: str, field: str, why: str, write: Write) -> None:
    """At load, with the field and the reason, and never a prompt for a password."""
    ((path, message),) = problems(write(written))

    assert path == field
    assert why in message


def test_what_follows_from_a_mistake_is_not_another_one(write: Write) -> None:
    """A certificate whose key cannot be read is not also one without a key."""
    assert [field for field, _ in problems(write("{cert_file: client.pem, key_file: missing.key}"))] == ["key_file"]


def test_a_changed_file_is_a_changed_configuration(write: Write, tmp_path: Path, authority: trustme.CA) -> None:
    """The YAML is the same, the version and the upstream are not: a reload makes a new pool."""
    path = write("{cert_file: both.pem}")
    before = load_file(path, {})
    same = load_file(path, {})
    (tmp_path / "both.pem").write_bytes(authority.issue_cert("client.example").private_key_and_cert_chain_pem.bytes())
    after = load_file(path, {})

    assert (same.version, same.upstreams["own"]) == (before.version, before.upstreams["own"])
    assert after.version != before.version
    assert after.upstreams["own"] != before.upstreams["own"]
    assert len({before.upstreams["own"], same.upstreams["own"], after.upstreams["own"]}) == 2


@pytest.mark.parametrize(
    "written",
    ["httpx", "{verify: false}", "{ca_file: ca.pem}", "{use: httpx, proxy: 'http://proxy.example:3128'}"],
)
def test_another_transport_is_another_upstream(written: str, write: Write) -> None:
    """Whatever is changed, the pool is a new one."""
    before, after = load_file(write("fast"), {}), load_file(write(written), {})

    assert after.version != before.version
    assert after.upstreams["own"] != before.upstreams["own"]


def test_the_short_form_and_the_written_defaults_mean_the_same(write: Write) -> None:
    """One meaning, one version."""
    versions = {load_file(write(text), {}).version for text in ("fast", "{use: fast}", "{verify: true, http2: false}")}

    assert len(versions) == 1


def test_no_key_shows_in_any_text_of_a_config(write: Write) -> None:
    """Neither a private key nor a proxy's password (S7)."""
    config = load_file(write("{use: httpx, cert_file: both.pem, proxy: 'http://ann:hunter2@proxy.example'}"), {})

    assert revealed(transport(config).proxy) == "http://ann:hunter2@proxy.example"
    assert "PRIVATE KEY" in (revealed(transport(config).cert) or "")
    assert "PRIVATE" not in repr(config)
    assert "hunter2" not in repr(config)


def test_the_last_good_text_finds_its_files_too(write: Write, tmp_path: Path, tmp_path_factory) -> None:
    """It is kept elsewhere, but means what it meant beside the YAML file."""
    shared = tmp_path_factory.mktemp("shared")
    path = write("{ca_file: ca.pem}")
    good = load_file(path, {})
    last_good.keep(shared, path.read_bytes())
    path.write_text("upstreams: [")

    config, wrong = last_good.load(path, shared, {}, {})

    assert config == good
    assert wrong


def test_http2_without_its_package_is_a_mistake_that_names_the_extra(write: Write, monkeypatch) -> None:
    """And none once the package is there."""
    path = write("{use: httpx, http2: true}")
    monkeypatch.setitem(sys.modules, "h2", None)

    assert problems(path) == [("http2", "needs a package that is not installed: pip install 'switchgear[http2]'")]


def test_http2_with_its_package_is_taken_over(write: Write, tmp_path: Path, monkeypatch) -> None:
    """Any package of that name will do: the configuration is checked, nothing is sent."""
    (tmp_path / "h2.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    path = write("{use: httpx, http2: true}")

    assert transport(load_bytes(path.read_bytes(), path, {})).http2


def test_the_readmes_example_loads_and_warns_of_nothing_but_what_it_says() -> None:
    """With or without its variables' files: here without."""
    (block,) = readme.blocks("yaml", "upstream")

    config = load(f"{block.text}models: {{m: own/x}}\n", "README.md", {"OPENAI_API_KEY": "sk-any"})

    assert [warning.path for warning in config.warnings] == ["upstreams.lab.transport.verify"]
    assert {name: upstream.transport for name, upstream in config.upstreams.items()} == {
        "corporate": TransportConfig(use="httpx"),
        "own": TransportConfig(),
        "lab": TransportConfig(verify=False),
    }
