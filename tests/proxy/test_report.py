"""What a configuration means, in words: nothing is left out, nothing is secret, nothing is sent."""

import pytest

from proxy.config.load import load
from proxy.config.schema import Config
from proxy.report import NO_TARGET, describe, explain

TEXT = """
server: {host: 127.0.0.1, port: 4001, workers: 2}
timeouts: {gap: 7s}
upstreams:
  own: {provider: vllm, base_url: http://127.0.0.1:9/v1}
  ring: {provider: openai, api_keys: [sk-canary-1, sk-canary-2], headers: {x-team: canary-header}}
  off: {provider: openai, api_key: ""}
  far: {provider: openai, api_key: sk-far, transport: httpx, parameters: {seed: refuse}}
  signed: {provider: openai, region: eu-west-1, auth: {use: aws, access_key_id: A, secret_access_key: canary-aws}}
  ambient: {provider: openai, region: eu-west-1, auth: aws}
models:
  one: own/llama
  two:
    chain: second
    targets:
      - {to: own/llama, tier: 1, timeouts: {first_token: 90s}}
      - to: ring/gpt
        weight: 3
        price: {input: $1.25/M, output: $0.01/k, cached: $0.125/M, flex: {input: $1/M, output: $2/M}}
        capabilities: {context_window: 200k, vision: false}
  "wild/*": own/*
  sleeping: off/gpt
  half: [off/gpt, own/llama]
KEYS
chain: [breaker, {strategy: weighted}]
chains:
  second:
    - retry: {attempts: 2, on: [timeout, unreachable], when: {stream: false, team: [growth, "x*"]}, shadow: true}
  third: []
"""
KEYS = """keys:
  - {id: web, secret: sg-canary-0123456789-0123456789, team: growth, user: ann, org: acme, models: ["o*", two]}
  - {id: job, secret: sg-canary-9876543210-9876543210, chain: third}
"""


@pytest.fixture
def config() -> Config:
    """With keys."""
    return load(TEXT.replace("KEYS", KEYS), "proxy.yaml", {})


@pytest.fixture
def open_config() -> Config:
    """Without."""
    return load(TEXT.replace("KEYS", "").replace("  third: []\n", ""), "proxy.yaml", {})


def line(text: str, beginning: str) -> str:
    """The one line that begins like this, whatever its indentation."""
    (found,) = [line.strip() for line in text.splitlines() if line.strip().startswith(beginning)]
    return found


def test_the_first_line_says_where_it_listens(config):
    """Address, workers and version."""
    first = describe(config).splitlines()[0]

    assert "127.0.0.1:4001" in first
    assert "2 worker" in first
    assert config.version in first


@pytest.mark.parametrize(
    ("beginning", "words"),
    [
        ("own:", ("vllm", "http://127.0.0.1:9/v1", "api openai", "0 key(s)")),
        ("ring:", ("openai", "2 key(s)")),
        ("off:", ("OFF", "empty")),
        ("far:", ("openai", "by httpx", "seed: refuse")),
        ("signed:", ("openai", "region eu-west-1", "auth aws, as written")),
        ("ambient:", ("openai", "region eu-west-1", "auth aws, by what the surroundings say")),
    ],
)
def test_upstreams_are_shown_with_their_state(beginning, words, config):
    """Where they are, how many keys they have, and why one is off."""
    assert [word for word in words if word not in line(describe(config), beginning)] == []


def test_targets_are_numbered_and_have_their_own_deadlines(config):
    """What is inherited is written out: nobody has to put three layers together in the head."""
    text = describe(config)

    own, ring = line(text, "1. own/llama  tier 1"), line(text, "2. ring/gpt")
    assert "first_token 90s" in own
    assert "gap 7s" in own
    assert "weight 3" in ring
    assert "first_token 60s" in ring
    assert "total 600s" in ring


def test_what_is_written_of_a_model_is_shown_beside_its_target(config):
    """In dollars per million tokens, however they were written; what is left to the catalogue is not written."""
    text = describe(config)

    abilities, price = line(text, "2. ring/gpt").split("; ")[2:]
    assert abilities == "capabilities {context_window: 200000, vision: false}"
    assert price == "price {input: $1.25/M, output: $10/M, cached: $0.125/M, flex: {input: $1/M, output: $2/M}}"
    assert line(text, "1. own/llama  tier 1").endswith("total 600s")


def test_what_is_off_is_no_target(config):
    """A model whose upstreams are all off is not served; of a list what is on remains."""
    text = describe(config)

    assert "sleeping" not in text
    assert "off/gpt" not in text
    assert "half" in text


def test_chains_are_shown_with_every_option_and_access_in_front(config):
    """Those that were left to their defaults, too."""
    text = describe(config)
    default, second = text.split("\n  second")[0].split("chains\n")[1], text.split("\n  second")[1]

    assert [row.split()[0] for row in default.splitlines()[1:]] == ["access", "breaker", "strategy"]
    assert "failures: [5, 30]" in line(default, "breaker")
    assert "per: target" in line(default, "breaker")
    assert line(default, "strategy").startswith("strategy {by: weighted")
    retry = line(second, "retry")
    assert "attempts: 2, on: [timeout, unreachable], backoff: [0.2, 2]" in retry
    assert retry.endswith("when {team: [growth, x*], stream: false} (shadow)")


def test_keys_are_shown_by_their_ids(config):
    """Who they are and what they may ask for."""
    text = describe(config)

    assert line(text, "web (") == "web (team growth, user ann, org acme): o*, two"
    assert line(text, "job") == "job: *"


def test_no_secret_is_shown(config):
    """Neither the clients' keys nor the providers', nor a header's value."""
    assert "canary" not in describe(config)


def test_without_keys_it_says_who_may_ask(open_config):
    """Everybody on this machine."""
    assert "this machine only" in describe(open_config)


def told(config: Config, model: str, key: str | None = None, **more: object) -> tuple[list[str], int]:
    """The explanation's lines, and its exit code."""
    options: dict[str, object] = {"stream": False, "tags": frozenset()} | more
    text, code = explain(config, model, key, **options)  # type: ignore[arg-type]
    return text.splitlines(), code


def test_a_decision_names_the_target_the_verdicts_and_the_chain(config):
    """For the first key, where none is named."""
    lines, code = told(config, "one")

    assert (lines[0], code) == ("one -> own/llama", 0)
    assert "  access  pass" in lines
    assert [row for row in lines if row.startswith("  strategy  score  own/llama")]
    assert lines[-1] == f"  chain default, config {config.version}"


def test_the_model_chooses_the_chain_before_the_key_does(config):
    """A named chain of the model, else the key's, else the default."""
    chains = [
        told(config, model, key)[0][-1].split(",")[0] for model, key in (("two", "job"), ("one", "job"), ("one", "web"))
    ]

    assert chains == ["  chain second", "  chain third", "  chain default"]


def test_tiers_are_heeded(config):
    """``ring/gpt`` is of tier 0, though it is second in the list."""
    assert told(config, "two")[0][0] == "two -> ring/gpt"


def test_a_wildcard_fills_in_the_name(config):
    """What the client asks for is what the upstream is asked for."""
    assert told(config, "wild/some/thing", "job")[0][0] == "wild/some/thing -> own/some/thing"


def test_what_a_key_may_not_use_goes_nowhere(config):
    """With the policy's own words."""
    lines, code = told(config, "half", "web")

    assert lines[0].startswith("half -> nowhere: The model `half` does not exist")
    assert code == NO_TARGET
    assert [row for row in lines if row.startswith("  access  deny")]


@pytest.mark.parametrize(
    ("model", "key", "words"),
    [
        ("nothing", None, ["no such model", "one, two"]),
        ("sleeping", None, ["no such model"]),
        ("one", "nobody", ["no such key", "web, job"]),
    ],
)
def test_a_name_that_is_none_is_answered_with_those_that_are(model, key, words, config):
    """Exit code 1."""
    lines, code = told(config, model, key)

    assert code == NO_TARGET
    assert [word for word in words if word not in lines[0]] == []


def test_without_keys_everybody_is_anonymous(open_config):
    """And a key that is named is none."""
    assert told(open_config, "one")[1] == 0
    assert told(open_config, "one", "web") == (["no such key; there are: none"], NO_TARGET)
