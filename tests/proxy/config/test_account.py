"""What an upstream has to say of itself, for providers that ask for more than a key."""

import sys

import pytest

from proxy.config import account, scalars
from proxy.config.load import load
from proxy.config.problems import ConfigErrors
from proxy.config.schema import UpstreamConfig, revealed
from tests.proxy.upstream.issuers import account as key_file
from tests.proxy.upstream.issuers import private_key
from translators.parameters import Table
from translators.registry import PROVIDERS, Api, Provider

CHAT = PROVIDERS["anthropic"].api().chat
CLOUDS = {
    "bedrock": Provider(
        {"converse": Api("Converse", CHAT, Table({})), "messages": Api("Messages", CHAT, Table({}))},
        "https://bedrock-runtime.{region}.amazonaws.com",
        "AWS_BEARER_TOKEN_BEDROCK",
        needs_key=True,
        source="none",
        needs=("region",),
    ),
    "vertex": Provider(
        {"gemini": Api("Gemini", CHAT, Table({}), path="/v1/projects/{project}/locations/{region}")},
        "https://{region}-aiplatform.googleapis.com",
        None,
        needs_key=True,
        source="none",
        needs=("region", "project"),
    ),
}
"""The clouds as the table had them when this was written, whatever has become of the table since."""


@pytest.fixture(autouse=True)
def clouds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Are in the table."""
    for module in (account, scalars):
        monkeypatch.setattr(module, "PROVIDERS", {**PROVIDERS, **CLOUDS})


def upstream(written: str, **env: str) -> UpstreamConfig:
    """What one comes to."""
    text = f"upstreams: {{own: {{{written}}}, demo: {{provider: demo}}}}\nmodels: {{m: demo/echo}}\n"
    return load(text, "f", env).upstreams["own"]


def problems(written: str) -> list[str]:
    """What is wrong with one."""
    with pytest.raises(ConfigErrors) as caught:
        upstream(written)
    return [f"{problem.path.removeprefix('upstreams.own.')}: {problem.message}" for problem in caught.value.problems]


def test_a_cloud_has_to_be_told_where_and_as_whom() -> None:
    """Nothing is guessed from the surroundings: what is written is what is asked, and how to write it is said."""
    assert problems("provider: bedrock") == [
        'api_key: required: bedrock asks for a key, e.g. api_key: "${AWS_BEARER_TOKEN_BEDROCK:-}" or for `auth: aws`',
        "region: required: bedrock has to be told its region",
    ]
    assert problems("provider: vertex") == [
        "api_key: required: vertex asks for `auth: google`",
        "project: required: vertex has to be told its project",
        "region: required: vertex has to be told its region",
    ]


def test_the_surroundings_are_asked_where_that_is_written() -> None:
    """In one word."""
    aws = upstream("provider: bedrock, region: eu-west-1, auth: aws")
    google = upstream("provider: vertex, region: global, project: my-project, auth: google")

    assert (aws.auth.use, aws.off, aws.secrets) == ("aws", None, ())
    assert (google.auth.use, google.region, google.project) == ("google", "global", "my-project")


def test_a_key_of_bedrocks_own_is_a_key_like_any_other() -> None:
    """It is on where the variable is set."""
    written = 'provider: bedrock, region: eu-west-1, api_key: "${KEY:-}"'

    assert upstream(written).off == "its keys are all empty"
    assert upstream(written, KEY="fake").off is None
    assert upstream(written, KEY="fake").auth.use == "default"


def test_the_first_api_is_meant_where_none_is_written() -> None:
    """And writing it down changes nothing."""
    written = "provider: bedrock, region: eu-west-1, auth: aws"

    assert upstream(written) == upstream(f"{written}, api: converse")
    assert upstream(f"{written}, api: messages").api == "messages"


def test_a_written_base_url_leaves_the_region_required() -> None:
    """The path, or the signature, is for one region wherever it goes."""
    assert problems('provider: bedrock, base_url: "https://vpce.example", auth: aws') == [
        "region: required: bedrock has to be told its region"
    ]


def test_an_account_at_google_is_read_from_a_file(tmp_path) -> None:
    """As Google hands it out, line breaks and all; or it is in a variable."""
    text = key_file("https://oauth2.googleapis.com/token", private_key())
    (tmp_path / "account.json").write_text(f"{text}\n")
    place = "provider: vertex, region: global, project: my-project"

    read = upstream(f"{place}, auth: {{use: google, credentials: 'file:{tmp_path}/account.json'}}")
    given = upstream(f'{place}, auth: {{use: google, credentials: "${{ACCOUNT}}"}}', ACCOUNT=text)

    assert revealed(read.auth.credentials) == revealed(given.auth.credentials) == text
    assert "PRIVATE" not in f"{read!r}{given!r}"


@pytest.mark.parametrize(
    ("written", "package", "extra"),
    [
        ("provider: bedrock, region: eu-west-1, auth: aws", "botocore", "bedrock"),
        ("provider: vertex, region: global, project: p, auth: google", "google.auth", "vertex"),
        ("provider: azure, base_url: 'https://x.openai.azure.com', auth: entra", "azure.identity", "azure"),
    ],
)
def test_a_package_that_is_missing_is_named_by_its_extra(
    written: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the configuration is loaded, and not with the first request."""
    monkeypatch.setitem(sys.modules, package, None)

    assert problems(written) == [f"auth: needs a package that is not installed: pip install 'switchgear[{extra}]'"]


def test_an_upstream_that_is_off_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file for many machines names more than each of them has."""
    monkeypatch.setitem(sys.modules, "botocore", None)
    written = 'access_key_id: "${ID:-}", secret_access_key: "${KEY:-}"'

    assert upstream(f"provider: bedrock, region: eu-west-1, auth: {{use: aws, {written}}}").off == (
        "its credentials are empty"
    )


def test_another_identity_is_another_upstream() -> None:
    """A reload with other keys makes another pool, and holds no credential of the old ones."""
    written = 'provider: bedrock, region: eu-west-1, auth: {use: aws, access_key_id: A, secret_access_key: "${KEY}"}'
    one, same, other = (upstream(written, KEY=key) for key in ("fake-1", "fake-1", "fake-2"))

    assert (one == same, one == other) == (True, False)
    assert len({one, same, other}) == 2
