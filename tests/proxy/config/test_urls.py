"""URLs of stores and databases: what can be used, and what is said of the rest without a word of what is in it (S9)."""

from pathlib import Path

import pytest
from redis.asyncio.connection import parse_url
from sqlalchemy.engine import make_url

from proxy.config.urls import Unusable, database, store

FOLDER = Path("/etc/switchgear")
SECRET = "hunter2"

STORES = [
    "redis://127.0.0.1:6379/0",
    "redis://127.0.0.1",
    "redis://host/",
    "redis://:hunter2@host:1/15",
    "redis://user:hun%2Fter2@host:6380/0?client_name=gateway",
    "rediss://user:hunter2@[::1]:6380/0?ssl_cert_reqs=required",
    "unix:///run/valkey.sock",
    "unix://user:hunter2@/run/valkey.sock?db=3",
]
NO_STORES = [
    *("localhost:6379", "redis://", "redis:///0", "redis://host:0/0", "redis://host:70000/0", "redis://host:port/0"),
    *(
        "redis://host:6379/base",
        "redis://user:hun@ter2@host/0",
        "redis://ho st/0",
        "unix://run/valkey.sock",
        "http://host",
    ),
    *("redis://:hunter2@host/0?verify=none", "redis://host/0#hunter2"),
]
DATABASES = {
    "sqlite:///ledger.db": "/etc/switchgear/ledger.db",
    "sqlite:////var/lib/ledger.db": "/var/lib/ledger.db",
    "sqlite:///../c#/50%25 of it/ledger.db": "/etc/c#/50%25 of it/ledger.db",
    "postgresql://user:hunter2@host:5432/base": "base",
    "postgres://host/base": "base",
    "postgresql+asyncpg://user:hun%2Fter2@[::1]:5432/base": "base",
    "postgresql://user@/base?host=/run/postgresql": "base",
    "postgresql://host/base?sslmode=require": "base",
}
NO_DATABASES = [
    *(
        "ledger.db",
        "sqlite://ledger.db",
        "sqlite:///",
        "sqlite:///folder/",
        "sqlite:///ledger.db?mode=ro",
        "mysql://host/base",
    ),
    *("postgresql://", "postgresql://host", "postgresql://host/", "postgresql:///base", "postgresql://host:port/base"),
    *("postgresql://host:99999/base", "postgresql://user:hun@ter2@host/base", "postgresql://host/base/more"),
    *("postgresql://host/base?sslmod=hunter2", "postgresql://host/base?ssl=require&application_name=hunter2"),
]


@pytest.mark.parametrize("url", STORES)
def test_a_store_can_be_used_by_the_library_that_connects(url: str) -> None:
    """It understands each of these."""
    assert parse_url(store(url))


@pytest.mark.parametrize("url", NO_STORES)
def test_what_is_no_store_is_said_without_its_text(url: str) -> None:
    """Nor is it found out at the start of a server, with a traceback."""
    with pytest.raises(Unusable) as fault:
        store(url)
    assert SECRET not in str(fault.value)


@pytest.mark.parametrize(("url", "base"), DATABASES.items())
def test_a_database_can_be_used_by_the_library_that_connects(url: str, base: str) -> None:
    """Files by the folder of the configuration, whatever characters are in their paths."""
    found = make_url(database(url, FOLDER))

    assert found.database == base
    assert set(found.query) <= {"host", "ssl"}


@pytest.mark.parametrize("url", NO_DATABASES)
def test_what_is_no_database_is_said_without_its_text(url: str) -> None:
    """A port that is none, no base, a password that is not escaped, an option that the driver does not have."""
    with pytest.raises(Unusable) as fault:
        database(url, FOLDER)
    assert SECRET not in str(fault.value)
