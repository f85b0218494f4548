"""Keys: who may ask, whether their secrets are worth the name, and whether the server may be open at all."""

from ipaddress import ip_address
from typing import Any

from policies.patterns import matches
from proxy.config.document import Key
from proxy.config.problems import Path, did_you_mean, spelled
from proxy.config.reading import Reading
from proxy.config.scalars import MIN_SECRET
from proxy.config.schema import KeyConfig


def on_loopback(host: str) -> bool:
    """Whether only this machine can reach what is bound to ``host``."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Keys:
    """The keys of one document.

    Args:
        reading: the document.
        host: the address that the server will bind.
        models: the names that are written under ``models``, in service or not.
    """

    def __init__(self, reading: Reading, host: str, models: tuple[str, ...]) -> None:
        self._reading, self._models = reading, models
        self._loopback = on_loopback(host)
        self._ids: set[str] = set()
        self._secrets: dict[str, Path] = {}
        self.keys: list[KeyConfig] = []
        self.chains_used: list[tuple[Path, str]] = []

    def read(self, value: Any) -> None:
        """Fill ``keys``."""
        entries = self._reading.items(value, ("keys",))
        for index, entry in enumerate(entries):
            path: Path = ("keys", index)
            key = self._reading.section(Key, entry, path)
            if key is not None:
                self._check(key, path)
                self.keys.append(_compiled(key))
        if not entries and not self._loopback:
            message = (
                "without `keys` a server that others can reach is open to them all: bind 127.0.0.1, or declare keys"
            )
            self._reading.problem(("server", "host"), message)

    def _check(self, key: Key, path: Path) -> None:
        if key.id in self._ids:
            self._reading.problem(
                (*path, "id"), f"{self._reading.quoted((*path, 'id'))} is the id of another key already"
            )
        self._ids.add(key.id)
        self._check_secret(key, (*path, "secret"))
        if key.chain is not None:
            self.chains_used.append(((*path, "chain"), key.chain))
        for index, pattern in enumerate(key.models):
            if "models" in key.model_fields_set and not any(_overlap(pattern, model) for model in self._models):
                hint = did_you_mean(pattern, self._models)
                where = self._reading.source.known((*path, "models", index))
                self._reading.warn(where, f"{self._reading.quoted(where)} fits no model{hint}")

    def _check_secret(self, key: Key, path: Path) -> None:
        secret = key.secret.get_secret_value()
        short = f"shorter than {MIN_SECRET} characters"
        if not secret:
            self._reading.problem(path, "empty: a key that everybody has")
        elif secret in self._secrets:
            self._reading.problem(path, f"the same as that of {spelled(self._secrets[secret])}")
        elif len(secret) < MIN_SECRET and self._loopback:
            self._reading.warn(path, f"{short}: easy to guess, and refused on any but a loopback address")
        elif len(secret) < MIN_SECRET:
            self._reading.problem(path, f"{short}: too easy to guess where others can reach the server")
        self._secrets.setdefault(secret, path[:-1])


def _compiled(key: Key) -> KeyConfig:
    return KeyConfig(key.id, key.secret, key.team, key.user, key.org, tuple(key.models), key.chain, key.priority)


def _overlap(pattern: str, model: str) -> bool:
    """Whether some name fits both the pattern and the model's name, which may end in ``*``."""
    if not model.endswith("*"):
        return matches(pattern, model)
    beginning, head = model[:-1], pattern.partition("*")[0]
    return head.startswith(beginning) or ("*" in pattern and beginning.startswith(head))
