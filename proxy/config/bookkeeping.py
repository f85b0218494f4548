"""Compiles the sections ``state``, ``ledger`` and ``webhooks``: URLs that can be used, paths made absolute."""

from base64 import b64decode
from pathlib import Path as FilePath
from typing import Any

from pydantic import SecretStr

from policies.patterns import matches
from proxy.config import urls
from proxy.config.books import Ledger, State, Webhook
from proxy.config.problems import Path, did_you_mean, shown
from proxy.config.reading import Reading
from proxy.config.scalars import MIN_SECRET
from proxy.config.schema import LedgerConfig, StateConfig, WebhookConfig
from proxy.observe.events import EventName
from proxy.observe.signing import PREFIX

_EVENTS = sorted({*EventName, *[f"{name.partition('.')[0]}.*" for name in EventName]})


def state(reading: Reading, value: Any) -> StateConfig:
    """Where accounts are kept."""
    section = reading.section(State, value, ("state",)) or State()
    url = _written(section.url, "memory")
    try:
        url = urls.store(url) if url is not None else None
    except urls.Unusable as fault:
        reading.problem(_place(value, "state"), str(fault))
        url = None
    if url is None and section.cluster:
        reading.problem(("state", "cluster"), "memory is no cluster")
    return StateConfig(_secret(url), section.leases, section.cluster, section.ca_file, section.strict)


def ledger(reading: Reading, value: Any, folder: FilePath) -> LedgerConfig:
    """Where requests are written down.

    Args:
        reading: the document.
        value: its section.
        folder: where relative paths begin.
    """
    section = reading.section(Ledger, value, ("ledger",)) or Ledger()
    written = section.url.get_secret_value() if section.url is not None else "sqlite:///switchgear.db"
    url = None
    try:
        url = urls.database(written, folder) if written != "off" else None
    except urls.Unusable as fault:
        reading.problem(_place(value, "ledger"), str(fault))
    journal = str((folder / (section.journal or "switchgear.journal")).resolve())
    return LedgerConfig(_secret(url), section.retention, journal, section.journal_size, section.when_full)


def webhooks(reading: Reading, value: Any) -> tuple[WebhookConfig, ...]:
    """Who is told of events."""
    read = [
        _webhook(reading, entry, ("webhooks", index)) for index, entry in enumerate(reading.items(value, ("webhooks",)))
    ]
    return tuple([webhook for webhook in read if webhook is not None])


def _webhook(reading: Reading, value: Any, path: Path) -> WebhookConfig | None:
    section = reading.section(Webhook, value, path)
    if section is None:
        return None
    secret = section.secret.get_secret_value()
    if len(secret) < MIN_SECRET:
        reading.problem((*path, "secret"), f"too short: {MIN_SECRET} characters or more")
    elif secret.startswith(PREFIX) and not _is_base64(secret.removeprefix(PREFIX)):
        reading.problem((*path, "secret"), f"what comes after {PREFIX} is no base64: receivers would refuse each event")
    for index, pattern in enumerate(section.events):
        if not any(matches(pattern, name) for name in EventName):
            message = f"no event has such a name: {shown(pattern)}{did_you_mean(pattern, _EVENTS)}"
            reading.problem((*path, "events", index), message)
    return WebhookConfig(section.url, section.secret, tuple(section.events), section.timeout)


def _written(url: SecretStr | None, none: str) -> str | None:
    text = none if url is None else url.get_secret_value()
    return None if text == none else text


def _secret(url: str | None) -> SecretStr | None:
    return None if url is None else SecretStr(url)


def _place(value: Any, name: str) -> Path:
    return (name, "url") if isinstance(value, dict) else (name,)


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except ValueError:
        return False
    return True
