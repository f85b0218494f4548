"""Accounts by their names: what these say is enough to ask a store for one, whatever limit it was made for."""

from policies.claims import Claim, Unit
from proxy.state.windows import window_named

_PARTS = 5


def claim_of(account: str) -> Claim:
    """A claim on the account of this name, with a limit of 0: nobody knows it here. No store learns anything of it.

    Raises:
        ValueError: this is no name that any policy gives.
    """
    parts = account.split(":")
    if len(parts) != _PARTS:
        raise ValueError(f"not an account: {account}")
    policy, _, _, unit, window = parts
    return Claim(account, Unit(unit), 0, window_named(window), policy, words_of(account))


def words_of(account: str) -> str:
    """Of its subject, as people are told: ``team growth``, ``user 3f2a91c0...``."""
    _, kind, name, *_ = account.split(":")
    kind = kind.replace(".", " ")
    if not name:
        return f"all without {kind}"
    return "all requests" if (kind, name) == ("global", "all") else f"{kind} {name}"
