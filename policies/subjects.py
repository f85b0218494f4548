"""Whom a limit counts by: the ``per:`` of a rate, a quota, a budget or a concurrency limit.

- key, team, org: as the YAML has them.
- user: the key's own user; where it has none the one that the request names.
- session: the one that the request names.
- model: as the client asks for it. global: all together.
- tag:NAME: the value of the request's tag ``NAME=value``; of a plain tag ``NAME`` the empty one.
- ip: the address at the other end of the connection: a proxy's, if one stands in front. Of IPv6 it is the network.
- upstream, target: of each target that the call may go to; such a limit holds there alone.

Clients choose users, sessions and tags, so accounts have a digest of these, never the text (RELIABILITY D23, S11).
Users and sessions belong to the tenant who names them: another tenant's are others. Tags and addresses are everybody's.
"""

from collections.abc import Callable, Hashable, Iterable
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from operator import attrgetter

from policies.base import Call
from translators.value import value

PLACES = frozenset({"upstream", "target"})
TAG = "tag:"
ALWAYS = PLACES | {"key", "model", "global"}
"""What every call has."""

_OWN = ("principal.team", "principal.key")
"""What makes a tenant."""
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "key": ("principal.key",),
    "user": ("principal.user", "user", *_OWN),
    "team": ("principal.team",),
    "org": ("principal.org",),
    "session": ("session", *_OWN),
    "model": ("model",),
    "ip": ("ip",),
}
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@/-")
_LONGEST = 64


@value
class Subject:
    """One that a call is counted by."""

    name: str
    """As accounts have it; empty for all those together that have none."""
    words: str
    """For messages and records; none of a client's own text."""
    place: str | None = None
    """The upstream or the target that it is."""


class Ambiguous(Exception):
    """A request carries several values of one tag, the name of which is its argument."""


def deciding(per: Iterable[str]) -> Callable[[Call], Hashable]:
    """What reads off a call all that its subjects depend on: where this is equal for two calls, so are these.

    It is done at each request, so it takes no function of Python's but for limits of places.
    """
    names = {name for kind in per for name in (("tags",) if kind.startswith(TAG) else _ATTRIBUTES.get(kind, ()))}
    others = attrgetter(*sorted(names)) if names else _nothing
    if PLACES.isdisjoint(per):
        return others
    return lambda call: (others(call), tuple([target.name for target in call.targets]))


def _nothing(_: Call) -> Hashable:
    return None


def subjects(kind: str, call: Call) -> tuple[Subject, ...]:
    """Those of a call, by one kind of ``per:``; none where it has no such thing.

    Raises:
        Ambiguous: it has several values of that tag.
    """
    if kind in PLACES:
        names = dict.fromkeys(target.upstream if kind == "upstream" else target.name for target in call.targets)
        return tuple([Subject(_name(name), f"{kind} {name}", name) for name in names])
    if kind.startswith(TAG):
        found = _tagged(kind.removeprefix(TAG), call.tags)
    elif kind in ("user", "session"):
        found = _clients_own(kind, call)
    elif kind == "ip":
        found = None if call.ip is None else Subject(_digest(_network(call.ip)), "this address")
    elif kind == "global":
        found = Subject("all", "all requests")
    else:
        name = call.model if kind == "model" else getattr(call.principal, kind)
        found = None if name is None else Subject(_name(name), f"{kind} {_name(name)}")
    return () if found is None else (found,)


def _clients_own(kind: str, call: Call) -> Subject | None:
    if kind == "user" and call.principal.user is not None:
        name = _name(call.principal.user)
        return Subject(name, f"user {name}")
    named = call.user if kind == "user" else call.session
    return None if named is None else Subject(_digest(f"{call.principal.tenant}\0{named}"), f"this {kind}")


def _network(ip: str) -> str:
    """One subscriber's addresses: a /64 in IPv6 (RFC 6177), for nobody lacks another one of these."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ip
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if mapped is not None or not isinstance(address, IPv6Address):
        return str(mapped or address)
    return str(int(address) >> 64)


def _tagged(name: str, tags: Iterable[str]) -> Subject | None:
    values = {tag.partition("=")[2] for tag in tags if tag == name or tag.startswith(f"{name}=")}
    if len(values) > 1:
        raise Ambiguous(name)
    return Subject(_digest(values.pop()), f"this {name}") if values else None


def _name(name: str) -> str:
    """A name of the YAML's as it is, where it cannot be taken for anything else: a part of an account's name."""
    return name if 0 < len(name) <= _LONGEST and _SAFE.issuperset(name) else _digest(name)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
