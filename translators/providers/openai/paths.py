"""Where a vendor of OpenAI's wire takes requests, with a version of its API or without."""

from urllib.parse import quote

from translators.base import Destination

_UNDATED_VERSIONS = frozenset({"v1", "latest", "preview"})
"""Azure's versions of the surface that takes the model from the body."""


def path_of(path: str, dated: str | None, target: Destination) -> str:
    """The path to one target.

    Args:
        path: without a version.
        dated: the path where one is pinned, ``{model}`` and ``{version}`` to be filled in; None: there is none.
        target: says the model and the version.
    """
    version = target.api_version
    if version is None or dated is None:
        return path
    if version in _UNDATED_VERSIONS:
        return f"{path}?api-version={version}"
    return dated.format(model=quote(target.model, safe=""), version=quote(version, safe=""))
