"""URLs of stores and databases: whether they can be used, said without a word of what is in them (S9)."""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

_PLACE = r"""
    (?: [^:/?\#@\s]* (?: : [^/?\#@\s]* )? @ )?                 # user:password
    (?P<host> \[ [0-9A-Fa-f:.]+ \] | [^:/?\#@\[\]\s]* )
    (?: : (?P<port> \d{1,5} ) )?
"""
_QUERY = r"(?: \? (?P<query> [^\#\s]+ ) )?"
_POSTGRES = re.compile(rf"postgres(?:ql)?(?:\+asyncpg)? :// (?P<rest> {_PLACE} / [^/?\#\s]+ ) {_QUERY}", re.VERBOSE)
_SQLITE = re.compile(r"sqlite(?:\+aiosqlite)?:///([^?\0]*[^?/\0])")
_REDIS = re.compile(rf"rediss? :// {_PLACE} (?: / \d* )? {_QUERY}", re.VERBOSE)
_UNIX = re.compile(rf"unix:// (?: [^:/?\#@\s]* (?: : [^/?\#@\s]* )? @ )? / [^?\#\s]+ {_QUERY}", re.VERBOSE)

_OF_POSTGRES = frozenset({"host", "port", "ssl", "sslmode", "passfile", "target_session_attrs", "krbsrvname", "gsslib"})
"""https://magicstack.github.io/asyncpg/current/api/index.html#connection, 2026-11."""
_OF_REDIS = frozenset({"db", "username", "password", "client_name", "health_check_interval"})
_TLS = "ssl_"
"""What options of redis-py's TLS connections begin with."""
_PORTS = range(1, 65_536)

_ESCAPED = "an @ in a password is written %40, a / %2F"
_NO_STORE = f"expected memory, redis://host:6379/0, rediss://... or unix:///path; {_ESCAPED}"
_NO_DATABASE = f"expected sqlite:///file.db, postgresql://user:password@host:5432/base, or off; {_ESCAPED}"


class Unusable(ValueError):
    """A URL that cannot be used. Its words hold none of it but names of options."""


def store(url: str) -> str:
    """A store's URL.

    Raises:
        Unusable: it is none.
    """
    unix = _UNIX.fullmatch(url)
    found = unix or _REDIS.fullmatch(url)
    if found is None or (unix is None and not (found["host"] and _is_port(found["port"]))):
        raise Unusable(_NO_STORE)
    _check(name for name, _ in _options(found) if name not in _OF_REDIS and not name.startswith(_TLS))
    return url


def database(url: str, folder: Path) -> str:
    """A ledger's URL, as SQLAlchemy's asynchronous engines are named.

    Args:
        url: as people write it.
        folder: where the paths of files begin.

    Raises:
        Unusable: it is none.
    """
    file = _SQLITE.fullmatch(url)
    if file is not None:
        return f"sqlite+aiosqlite:///{quote(str((folder / file[1]).resolve()))}"
    found = _POSTGRES.fullmatch(url)
    if found is None or not _is_port(found["port"]):
        raise Unusable(_NO_DATABASE)
    options = [("ssl" if name == "sslmode" else name, value) for name, value in _options(found)]  # as libpq calls it
    if not found["host"] and "host" not in dict(options):
        raise Unusable(_NO_DATABASE)
    _check(name for name, _ in options if name not in _OF_POSTGRES)
    return f"postgresql+asyncpg://{found['rest']}{'?' if options else ''}{urlencode(options, safe='/')}"


def _is_port(port: str | None) -> bool:
    return port is None or int(port) in _PORTS


def _options(found: re.Match[str]) -> list[tuple[str, str]]:
    return parse_qsl(found["query"] or "", keep_blank_values=True)


def _check(unknown: Iterable[str]) -> None:
    names = [name[:32] for name in unknown]
    if names:
        raise Unusable(f"no such option behind the question mark: {', '.join(names)}")
