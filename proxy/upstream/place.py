"""Where an upstream is: the base URL that its configuration and the table of providers come to. Pure."""

from translators.registry import Api, Provider


def base_url(
    provider: Provider, api: Api, written: str | None, region: str | None, project: str | None, version: str | None
) -> str:
    """What request paths are joined to.

    Args:
        provider: the row of the table.
        api: which of its APIs.
        written: the operator's base URL, as the provider's official SDK takes it; None: the provider's own.
        region: the operator's, where the provider needs one; so ``project``.
        version: the version of the API that the operator pinned.
    """
    url = written or provider.hosts.get(region or "") or (provider.base_url or "").format(region=region)
    for tail in api.tails:
        url = url.removesuffix(tail)
    return url + api.path.format(region=region, project=project, version=version or api.version)


def uses(provider: Provider, api: Api, name: str) -> bool:
    """Whether ``region`` or ``project`` has a place in it."""
    return name in provider.needs or f"{{{name}}}" in f"{provider.base_url}{api.path}"
