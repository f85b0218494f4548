"""What an upstream has to say of itself: which API, where, under whose key, and what becomes of single parameters."""

from difflib import get_close_matches
from typing import Any

from proxy.config.auth import auth, check_auth, is_empty
from proxy.config.document import Upstream
from proxy.config.problems import Path, did_you_mean
from proxy.config.reading import Reading
from proxy.config.schema import UpstreamConfig
from proxy.config.transport import check_transport, transport
from proxy.upstream.place import uses
from translators.parameters import PARAMETERS
from translators.providers.openai import OpenAI
from translators.registry import PROVIDERS, Api, Provider

_AUTH = {"bedrock": "aws", "vertex": "google"}
"""What their own SDKs do where no key is given."""
_PARTS = frozenset(name.partition(".")[0] for name in PARAMETERS)
"""Fields that ask for several things: ``tool_choice``, ``response_format``."""


class Accounts:
    """Checks the upstreams of one document, and says what they come to."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def read(self, name: str, section: Upstream, entry: dict[str, Any], path: Path) -> UpstreamConfig:
        """Report what is wrong with an upstream beyond its single values; return what it comes to."""
        provider = PROVIDERS[section.provider]
        api = self._api(section, provider, path)
        self._check_place(section, provider, api, entry, path)
        self._check_key(section, provider, entry, path)
        check_auth(self._reading, section, entry, path)
        self._check_parameters(section, api, path)
        check_transport(self._reading, section, entry, path)
        return _upstream(name, section, entry)

    def _api(self, section: Upstream, provider: Provider, path: Path) -> Api:
        if section.api is None or section.api in provider.apis:
            return provider.api(section.api)
        known = f"; known are {', '.join(provider.apis)}"
        hint = did_you_mean(section.api, provider.apis) or known
        where = (*path, "api")
        self._reading.problem(where, f"{section.provider} has no API {self._reading.quoted(where)}{hint}")
        return provider.api()

    def _check_place(self, section: Upstream, provider: Provider, api: Api, entry: dict[str, Any], path: Path) -> None:
        """What a provider needs to be told must be written, and nothing is written that has no place."""
        if "base_url" not in entry and provider.base_url is None:
            self._reading.problem((*path, "base_url"), f"required: {section.provider} has no address of its own")
        signed = section.provider != "demo" and section.auth is not None and section.auth.use == "aws"
        for name in ("region", "project"):
            where = (*path, name)
            for_signature = signed and name == "region"
            if name not in entry and name in provider.needs:
                self._reading.problem(where, f"required: {section.provider} has to be told its {name}")
            elif name not in entry and for_signature:
                self._reading.problem(where, "required: auth: aws signs requests for one region")
            elif name in entry and not (for_signature or uses(provider, api, name)):
                self._reading.problem(where, f"{section.provider} is asked in no {name}", key=True)

    def _check_key(self, section: Upstream, provider: Provider, entry: dict[str, Any], path: Path) -> None:
        """It must be written, though it may turn out to be empty."""
        keys = {"api_key", "api_keys"} & entry.keys()
        if len(keys) == 2:
            self._reading.problem((*path, "api_keys"), "either api_key or api_keys, not both", key=True)
        own = "base_url" not in entry and provider.base_url is not None
        proven = "auth" in entry and (section.auth is None or section.auth.use != "default")
        if own and provider.needs_key and not keys and not proven:
            self._reading.problem((*path, "api_key"), f"required: {_who(section.provider, provider)}")

    def _check_parameters(self, section: Upstream, api: Api, path: Path) -> None:
        for name, wish in section.parameters.items():
            where = (*path, "parameters", name)
            if name not in PARAMETERS and name not in _PARTS:
                self._check_unknown(name, where)
            if wish == "pass" and not isinstance(api.chat, OpenAI):
                why = f"{api.wire} has words of its own: only an API that speaks OpenAI's wire can be sent it as it is"
                self._reading.problem(where, why)

    def _check_unknown(self, name: str, where: Path) -> None:
        """A field that OpenAI does not have may be a vendor's; ``top_k`` is one, and near to ``top_p``."""
        if not name.replace("_", "").replace("-", "").isalnum():
            hint = did_you_mean(name, (*PARAMETERS, *_PARTS))
            self._reading.problem(where, f"unknown parameter{hint}", key=True)
        elif get_close_matches(name, PARAMETERS, cutoff=0.85):
            self._reading.warn(where, f"no parameter of OpenAI's{did_you_mean(name, PARAMETERS)}", key=True)


def _who(name: str, provider: Provider) -> str:
    key = f'a key, e.g. api_key: "${{{provider.env}:-}}"' if provider.env else ""
    other = f"`auth: {_AUTH[name]}`" if name in _AUTH else ""
    return f"{name} asks for {' or for '.join(filter(None, (key, other))) or 'a key'}"


def _upstream(name: str, section: Upstream, entry: dict[str, Any]) -> UpstreamConfig:
    keys = [*(section.api_keys or []), *([section.api_key] if section.api_key else [])]
    secrets = tuple(secret for secret in keys if secret.get_secret_value())
    apis = PROVIDERS[section.provider].apis
    return UpstreamConfig(
        name=name,
        provider=section.provider,
        base_url=section.base_url,
        api=section.api if section.api in apis and section.api != next(iter(apis)) else None,
        region=section.region,
        project=section.project,
        auth=auth(section.auth),
        secrets=secrets,
        api_version=section.api_version,
        parameters=tuple(section.parameters.items()),
        headers=tuple(section.headers.items()),
        public_only=section.public_only,
        connections=section.connections,
        transport=transport(section.transport),
        off=_off(section, entry, secrets=bool(secrets)),
    )


def _off(section: Upstream, entry: dict[str, Any], *, secrets: bool) -> str | None:
    declared = not {"api_key", "api_keys"}.isdisjoint(entry)
    if PROVIDERS[section.provider].needs_key and declared and not secrets:
        return "its keys are all empty"
    return "its credentials are empty" if is_empty(auth(section.auth)) else None
