"""Under which names a model may stand in the catalogue: as it is asked for, then less what only says which edition.

A name is never cut anywhere else: ``gpt-4o-mini`` is no kind of ``gpt-4o``.
"""

import re
from collections.abc import Iterator, Mapping

_DATE = r"20[0-9]{2}-?[01][0-9]-?[0-3][0-9]"
_EDITIONS: Mapping[str, re.Pattern[str]] = {
    "google": re.compile(rf"(?:-latest|-00[0-9]|-{_DATE})$"),
    # https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude, 2026-11: claude-haiku-4-5@20251001
    "vertex": re.compile(rf"(?:@[a-z0-9.-]+|-latest|-00[0-9]|-{_DATE})$"),
    # https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html, 2026-11: ...-20250929-v1:0
    "bedrock": re.compile(rf"(?:-v[0-9]+(?::[0-9]+)?|:[0-9]+|-{_DATE})$"),
}
_EDITION = re.compile(rf"(?:-latest|-{_DATE})$")
_PLACES: Mapping[str, re.Pattern[str]] = {
    "google": re.compile(r"(?:models|tunedmodels)/"),
    "vertex": re.compile(r"(?:projects/.+/)?publishers/[^/]+/models/"),
    "bedrock": re.compile(r"arn:aws[a-z-]*:bedrock:[^/]+:(?:foundation-model|inference-profile)/"),
}
_REGION = re.compile(r"(?:us-gov|us|eu|apac|jp|au|ca|sa|global)\.")
"""Of Bedrock's inference profiles (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html,
2026-11)."""
_TUNED = re.compile(r"(ft:[^:]+):.*")
"""OpenAI's ``ft:gpt-4o-mini-2024-07-18:acme::a1b2``."""


def own_name(provider: str, model: str) -> str:
    """A model's name without the path to it, in lower case."""
    name = model.lower()
    place = _PLACES.get(provider)
    return name if place is None else place.sub("", name, count=1)


def siblings(provider: str, name: str) -> Iterator[str]:
    """Names of what is the same model in another edition or region, the nearest first.

    Args:
        provider: whose model it is.
        name: its own name.
    """
    edition = _EDITIONS.get(provider, _EDITION)
    tuned = _TUNED.fullmatch(name)
    if provider == "openai" and tuned is not None:
        yield tuned[1]
        return
    while True:
        if provider == "bedrock" and (here := _REGION.sub("", name, count=1)) != name:
            yield here
        shorter = edition.sub("", name)
        if shorter == name:
            return
        yield (name := shorter)
