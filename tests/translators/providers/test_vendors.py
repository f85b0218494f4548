"""The rows of the vendors' table, and that each says where its facts are from."""

from urllib.parse import urlsplit

import pytest

from translators.parameters import PARAMETERS, Treatment
from translators.providers.vendors import VENDORS, Vendor

NAMES = {
    "openai azure mistral deepseek groq together fireworks openrouter xai perplexity",
    "huggingface github copilot ollama vllm cerebras zai llamacpp demo",
}
LOCAL = {"ollama", "vllm", "llamacpp", "demo"}


def test_every_provider_of_the_design_has_a_row() -> None:
    """And no others."""
    assert set(VENDORS) == set(" ".join(NAMES).split())


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))
def test_a_row_is_consistent(vendor: Vendor) -> None:
    """What a typing mistake would break."""
    assert VENDORS[vendor.name] is vendor
    assert vendor.source
    assert vendor.path.startswith("/")
    assert vendor.lacks <= PARAMETERS.keys()
    assert vendor.since.keys() <= PARAMETERS.keys()
    assert not vendor.lacks & (vendor.renames.keys() | vendor.words.keys() | vendor.since.keys())
    assert all(name == name.lower() for name in (*vendor.headers, *vendor.image_headers))
    assert vendor.keeps not in vendor.message_drops
    assert (vendor.keeps != "reasoning_content") or vendor.reasoning


def test_a_row_says_how_it_says_what_it_says_otherwise() -> None:
    """The table is what documents are made of."""
    table = VENDORS["mistral"].table()

    assert table.said["seed"] == "random_seed"
    assert table.said["tool_choice.required"] == "required is any"
    assert table.said["messages[].content[].file"] == "a content part of the vendor's own"
    assert table.treatment("logit_bias") is Treatment.ADVISORY
    assert table.treatment("modalities") is Treatment.BINDING
    assert table.treatment("safe_prompt") is Treatment.NATIVE


def test_a_dated_version_knows_what_was_there_on_its_date() -> None:
    """Azure answers a 400 to the rest; the surface without dates has all."""
    azure = VENDORS["azure"]

    assert azure.table("2024-10-21").treatment("reasoning_effort") is Treatment.ADVISORY
    assert azure.table("2024-06-01").treatment("response_format.json_schema") is Treatment.BINDING
    assert azure.table("2024-12-01-preview").treatment("reasoning_effort") is Treatment.NATIVE
    for version in (None, "v1", "preview"):
        assert azure.table(version).treatment("verbosity") is Treatment.NATIVE


@pytest.mark.parametrize("name", sorted(set(VENDORS) - LOCAL - {"azure"}))
def test_hosted_vendors_are_reached_by_https_with_a_key(name: str) -> None:
    """A key never goes over plain HTTP."""
    vendor = VENDORS[name]

    assert urlsplit(vendor.base_url or "").scheme == "https"
    assert not (vendor.base_url or "").endswith("/")
    assert vendor.env
    assert vendor.needs_key


@pytest.mark.parametrize("name", sorted(LOCAL))
def test_local_servers_may_ask_for_no_key(name: str) -> None:
    """They listen on loopback."""
    assert not VENDORS[name].needs_key
    assert (VENDORS[name].base_url or "http://127.0.0.1").startswith("http://127.0.0.1")


@pytest.mark.parametrize("name", ["azure", "vllm"])
def test_where_everybody_has_an_own_server_the_operator_says_where(name: str) -> None:
    """There is no default."""
    assert VENDORS[name].base_url is None
