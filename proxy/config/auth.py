"""How an upstream is told who asks: what of the options does not go together, and what is missing on this machine."""

from collections.abc import Iterator, Mapping
from typing import Any

from proxy.config.document import Auth, Upstream
from proxy.config.problems import Path
from proxy.config.reading import Reading
from proxy.config.schema import AuthConfig, AuthName, revealed
from proxy.upstream.extras import lacking
from proxy.upstream.google import account_fault

_TOGETHER: Mapping[AuthName, tuple[str, ...]] = {
    "default": (),
    "aws": ("access_key_id", "secret_access_key"),
    "google": ("credentials",),
    "entra": ("tenant_id", "client_id", "client_secret"),
}
"""What says who we are: all of it is written, or nothing."""
_FIELDS: Mapping[str, AuthName] = {
    **{field: use for use, fields in _TOGETHER.items() for field in fields},
    "session_token": "aws",
    "authority": "entra",
    "scope": "entra",
}
"""Whose each field is."""

Fault = tuple[str, str]
"""The field to mend, and why."""


def auth(section: Auth | None) -> AuthConfig:
    """What a section comes to."""
    if section is None:
        return AuthConfig()
    written = {name: getattr(section, name) for name in section.model_fields_set}
    if not revealed(written.get("session_token")):
        written.pop("session_token", None)
    return AuthConfig(**written)


def is_empty(auth: AuthConfig) -> bool:
    """Whether what is written of who we are has turned out to be nothing."""
    return any(revealed(getattr(auth, field)) == "" for field in _TOGETHER[auth.use])


def check_auth(reading: Reading, upstream: Upstream, entry: dict[str, Any], path: Path) -> None:
    """Report what is wrong with it beyond its single values."""
    section = upstream.auth
    if section is None:
        return
    if upstream.provider == "demo":
        reading.problem((*path, "auth"), "demo answers by itself: there is nobody to tell", key=True)
        return
    for field, why in _field_faults(section):
        if (*path, "auth", field) not in reading.source.problems:  # what follows from a mistake is not another one
            reading.problem((*path, "auth", field), why, key=True)
    if section.use == "default":
        return
    for key in sorted({"api_key", "api_keys"} & entry.keys()):
        reading.problem((*path, key), f"either {key} or auth: {section.use}, not both", key=True)
    if "authorization" in upstream.headers:
        reading.problem((*path, "headers"), f"auth: {section.use} sets the header authorization itself", key=True)
    if not is_empty(auth(section)):
        _check_machine(reading, section, (*path, "auth"))


def _field_faults(section: Auth) -> Iterator[Fault]:
    fields = section.model_fields_set - {"use"}
    for field in sorted(fields):
        if _FIELDS[field] != section.use:
            yield field, f"not of auth: {section.use}, but of auth: {_FIELDS[field]}"
    who = _TOGETHER[section.use]
    if not fields.isdisjoint((*who, "session_token")):
        for field in who:
            if field not in fields:
                yield field, f"required: {' and '.join(who)} go together"


def _check_machine(reading: Reading, section: Auth, path: Path) -> None:
    """What only this machine can tell."""
    if (extra := lacking(section.use)) is not None:
        reading.problem(path, f"needs a package that is not installed: pip install 'switchgear[{extra}]'", key=True)
    elif section.credentials is not None and (why := account_fault(section.credentials.get_secret_value())) is not None:
        reading.problem((*path, "credentials"), why, key=True)
