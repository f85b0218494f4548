"""Loading as a whole: files, overrides, versions, and what depends on the bind address."""

import dataclasses
import re
from pathlib import Path

import pytest

from proxy.config.access import on_loopback
from proxy.config.load import load, load_file
from proxy.config.problems import ConfigErrors
from proxy.config.schema import Config

BASE = (
    "upstreams: {demo: {provider: demo}, o: {provider: openai, api_key: '${K:-}'}}\nmodels: {demo: demo/echo, o: o/x}\n"
)
ROOT = Path(__file__).resolve().parents[3]


def version(text: str, key: str = "") -> str:
    """The version of a text."""
    return load(text, "f", {"K": key}).version


def refusal(path: Path) -> str:
    """All problems of a file."""
    with pytest.raises(ConfigErrors) as caught:
        load_file(path, {})
    return str(caught.value)


def test_the_version_follows_the_meaning_and_nothing_else() -> None:
    """Comments, layout, written defaults and spellings of a value leave it; any change of meaning moves it."""
    first = version(BASE)

    assert len(first) == 12
    assert int(first, 16) >= 0
    assert version(f"# a comment\n\n{BASE}server: {{port: 4000, drain: 5m}}\ntimeouts: {{gap: 30000ms}}\n") == first
    assert version(f"{BASE}chain: [breaker, strategy, retry]\n") == first
    assert version(f"{BASE}server: {{port: 4001}}\n") != first
    assert version(f"{BASE}chain: [breaker, strategy]\n") != first


def test_another_secret_is_another_version() -> None:
    """A rotated key in the environment is a change, though the file is the same; the version does not tell the key."""
    versions = {version(BASE), version(BASE, "sk-one"), version(BASE, "sk-two")}

    assert len(versions) == 3


def test_loading_twice_gives_equal_configs() -> None:
    """Equal and, piece by piece, hashable: what did not change can be kept across a reload."""
    one, two = (load(BASE, "f", {"K": "sk-one"}) for _ in range(2))

    assert one == two
    assert [hash(upstream) for upstream in one.upstreams.values()] == [
        hash(upstream) for upstream in two.upstreams.values()
    ]
    assert hash(one.chains["default"][:2]) == hash(two.chains["default"][:2])


def test_the_command_line_wins_and_the_checks_see_it() -> None:
    """`--host 0.0.0.0` without keys is refused just as if it stood in the file; a port is simply taken over."""
    assert load(BASE, "f", {}, overrides={"port": 0, "workers": 3}).server.port == 0
    with pytest.raises(ConfigErrors, match=r"^f:1:1: server\.host: without `keys`"):
        load(BASE, "f", {}, overrides={"host": "0.0.0.0"})
    assert (
        load(f"server: {{host: 0.0.0.0}}\n{BASE}", "f", {}, overrides={"host": "127.0.0.1"}).server.host == "127.0.0.1"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_addresses_are_known(host: str) -> None:
    """Only this machine can reach them."""
    assert on_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org", "my-host"]
)
def test_everything_else_counts_as_public(host: str) -> None:
    """A name that might lead anywhere is not trusted either (B35)."""
    assert not on_loopback(host)


def test_a_file_is_read_with_its_secrets(tmp_path: Path) -> None:
    """Secrets named by `file:` come from the disk, less their last line break."""
    (tmp_path / "key").write_text("sk-from-disk\n")
    path = tmp_path / "p.yaml"
    path.write_text(f"upstreams: {{o: {{provider: openai, api_key: 'file:{tmp_path}/key'}}}}\nmodels: {{m: o/x}}\n")

    (secret,) = load_file(path, {}).upstreams["o"].secrets

    assert secret.get_secret_value() == "sk-from-disk"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + BASE.encode())

    assert isinstance(load_file(path, {}), Config)


def test_a_file_that_is_not_utf_8_is_refused_with_the_place(tmp_path: Path) -> None:
    """Line and column of the first byte that is none."""
    path = tmp_path / "p.yaml"
    path.write_bytes(b"a: \xc3\xa9\nb: x\xff\n")

    assert refusal(path) == f"{path}:2:5: not UTF-8"


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """More than 1 MiB is no config."""
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xc3\xa9" * 2**20)

    assert refusal(path) == f"{path}:1:1: larger than 1 MiB"


def test_a_file_that_is_gone_is_the_callers_affair(tmp_path: Path) -> None:
    """It is no mistake in the file."""
    with pytest.raises(FileNotFoundError):
        load_file(tmp_path / "none.yaml", {})


def test_five_hundred_models_load() -> None:
    """A large file is read whole, and each of its names is there."""
    models = "".join(f"  model-{n}: [demo/echo, {{to: demo/m{n}, tier: 1}}]\n" for n in range(500))

    config = load(f"upstreams:\n  demo: {{provider: demo}}\nmodels:\n{models}", "f", {})

    assert len(config.models) == 500


def test_the_shipped_file_starts_without_any_key() -> None:
    """On a fresh machine the demo answers, what needs a key is off and says so, and nobody else is let in."""
    config = load_file(ROOT / "proxy.yaml", {})

    assert list(config.models) == ["demo", "demo-slow", "demo-flaky", "demo/*"]
    assert (config.server.host, config.server.port, config.keys) == ("127.0.0.1", 4000, ())
    assert all(upstream.off for name, upstream in config.upstreams.items() if name != "demo")


def test_the_shipped_file_serves_everything_once_the_keys_are_set() -> None:
    """Every upstream is switched on by one environment variable, and there is nothing to warn of."""
    names = re.findall(r"\$\{([A-Z]+_API_KEY):-\}", (ROOT / "proxy.yaml").read_text())

    config = load_file(ROOT / "proxy.yaml", dict.fromkeys(names, "sk-x"))

    assert {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"} <= set(names)

    assert config.warnings == ()
    assert all(upstream.off is None for upstream in config.upstreams.values())
    assert {"fast", "smart", "openai/*", "anthropic/*", "gemini/*"} <= config.models.keys()


def test_the_shipped_chain_is_the_default_one() -> None:
    """The chain that the file spells out is what a file without a chain has."""
    shipped = load_file(ROOT / "proxy.yaml", {}).chains["default"]

    assert shipped == load(BASE, "f", {}).chains["default"]


def test_the_examples_in_the_shipped_files_comments_work() -> None:
    """Taking the comment signs off gives a good file."""
    text = (ROOT / "proxy.yaml").read_text()
    for start in (
        "  # local:",
        "  # bedrock:",
        "  # vertex:",
        "  # azure:",
        "  # careful:",
        "# keys:",
        "#   - {id",
        "# chains:",
        "#   patient:",
        "#     - ",
    ):
        text = text.replace(f"\n{start}", "\n" + start.replace("# ", "", 1))

    config = load(text, "f", {"WEB_KEY": "k" * 24})

    assert {"local", "bedrock", "vertex", "azure", "careful"} <= config.upstreams.keys()
    assert [key.id for key in config.keys] == ["web"]
    assert [entry.name for entry in config.chains["patient"]] == ["breaker", "strategy", "retry"]


def test_secrets_do_not_show_in_any_text_of_a_config() -> None:
    """Not in the repr, and not in the header values either (S7)."""
    text = """
upstreams: {d: {provider: demo, headers: {x-key: canary-1}, api_key: canary-2}}
models: {m: d/echo}
keys: [{id: a, secret: canary-3}]
"""
    config = load(text, "f", {})

    assert dict(config.upstreams["d"].headers) == {"x-key": "canary-1"}
    assert "canary" not in repr(config)
    assert "canary" not in repr(dataclasses.replace(config, version=""))
