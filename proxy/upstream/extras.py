"""Which ways of proving who we are need a package that is not always installed."""

from collections.abc import Mapping
from importlib.util import find_spec

EXTRAS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "aws": ("bedrock", ("botocore",)),
    "google": ("vertex", ("google.auth", "requests")),
    "entra": ("azure", ("azure.identity",)),
}
"""By what ``auth:`` calls it: the extra, and the packages that it brings."""


def lacking(use: str) -> str | None:
    """The extra that has to be installed for it; None if all is there."""
    extra, packages = EXTRAS.get(use, ("", ()))
    return None if all(_installed(package) for package in packages) else extra


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # nor is the one that it is part of
        return False
