"""What a client is told when no target can do what it asks for: by which names, what that means, and who lacks what."""

from collections.abc import Mapping

from translators.facts import Failure, FailureKind

_PART = "messages[].content[]."
_MEANINGS: Mapping[str, str] = {
    "input.tokens": "numbers of tokens in place of texts",
    "input[]": "several inputs in one request",
    f"{_PART}image_url": "images, or this form of them",
    f"{_PART}image_url.url": "an image by its address; data URLs may do",
    f"{_PART}file": "files, or this form of them",
    f"{_PART}file.file_id": "a file that was uploaded elsewhere",
}
"""Of names that are not those of a field that the client wrote so."""


def cannot(unfit: Mapping[str, tuple[str, ...]]) -> Failure:
    """The refusal.

    Args:
        unfit: by each target's name, what it cannot honour.
    """
    lost = [set(names) for names in unfit.values()]
    names = sorted(set[str]().union(*lost))
    common = sorted(lost[0].intersection(*lost))
    alike = len(common) == len(names)
    tried = [target if alike else f"{target} ({', '.join(sorted(own))})" for target, own in unfit.items()]
    message = f"No target can honour {', '.join(map(_plainly, names))}: tried {', '.join(tried)}."
    return Failure(FailureKind.BAD_REQUEST, message, code="unsupported_parameter", param=(common or names)[0])


def _plainly(name: str) -> str:
    return f"{name} ({_MEANINGS[name]})" if name in _MEANINGS else name
