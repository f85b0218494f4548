"""The base URL of an upstream, from what is written and what its provider's row has."""

import pytest

from proxy.upstream.place import base_url, uses
from translators.parameters import Table
from translators.registry import PROVIDERS, Api, Provider

CHAT = PROVIDERS["openai"].api().chat
PLAIN = Api("plain", CHAT, Table({}), tails=("/v1",))
DEEP = Api("deep", CHAT, Table({}), path="/{version}/projects/{project}/locations/{region}", version="v1")
PROVIDER = Provider(
    {"plain": PLAIN, "deep": DEEP},
    "https://{region}-x.example",
    None,
    needs_key=True,
    source="none",
    needs=("region",),
    hosts={"global": "https://x.example"},
)
NOWHERE = Provider({"plain": PLAIN}, None, None, needs_key=True, source="none")


def place(api: Api, written: str | None = None, region: str | None = "eu-1", version: str | None = None) -> str:
    """Of an upstream in ``my-project``."""
    return base_url(PROVIDER, api, written, region, "my-project", version)


def test_the_providers_own_is_that_of_the_region() -> None:
    """A region may have a host of another form."""
    assert place(PLAIN) == "https://eu-1-x.example"
    assert place(PLAIN, region="global") == "https://x.example"


def test_a_written_one_is_taken_as_it_is_but_for_its_tail() -> None:
    """What operators copy from an SDK's documentation; the region does not change it."""
    assert place(PLAIN, "https://own.example/v1") == "https://own.example"
    assert place(PLAIN, "https://own.example", region="global") == "https://own.example"
    assert base_url(NOWHERE, PLAIN, "https://own.example/a", None, None, None) == "https://own.example/a"


def test_an_apis_path_is_filled_in() -> None:
    """With the version that is pinned, or the API's own; behind a written base URL, too."""
    assert place(DEEP) == "https://eu-1-x.example/v1/projects/my-project/locations/eu-1"
    assert place(DEEP, version="v1beta1").startswith("https://eu-1-x.example/v1beta1/")
    assert place(DEEP, "https://own.example/gcp", region="global") == (
        "https://own.example/gcp/v1/projects/my-project/locations/global"
    )


def test_what_has_a_place_is_known() -> None:
    """What has none must not be written."""
    assert [(uses(PROVIDER, PLAIN, name), uses(PROVIDER, DEEP, name)) for name in ("region", "project")] == [
        (True, True),
        (False, True),
    ]
    assert not uses(NOWHERE, PLAIN, "region")


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_every_api_of_every_provider_has_a_place(name: str) -> None:
    """With nothing left to be filled in, and nothing that no transport would take."""
    provider = PROVIDERS[name]
    for api in provider.apis.values():
        written = None if provider.base_url else "https://own.example"
        url = base_url(provider, api, written, "eu-1", "my-project", None)
        assert url.startswith(("https://", "http://"))
        assert not set(url) & set("{} ?#"), url
        assert "None" not in url
