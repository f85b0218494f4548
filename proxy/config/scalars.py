"""The kinds of scalar that the file is made of: each a type that pydantic checks, and that its JSON Schema shows.

Numbers and switches are strict (``"4000"`` is no port), but for a scalar that held a variable: whatever the environment
holds is text.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, WithJsonSchema

from proxy.config.problems import Expanded, Wrong, did_you_mean
from proxy.config.units import UNITS
from translators.registry import PROVIDERS

MIN_SECRET = 24
"""Characters; a shorter secret is for one's own machine only."""

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_REGION = "[a-z0-9][a-z0-9-]{0,62}"
_PROJECT = "[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}"
_FIELD_NAME = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}"
"""RFC 9110, 5.1."""
_OUR_HEADERS = {
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""RFC 9110, 7.6.1 and 7.2: they belong to the connection, which the transport owns."""


def _number(value: object) -> object:
    if isinstance(value, Expanded) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


def _switch(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, Expanded) else value


def unit(name: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """What makes pydantic read a quantity of :data:`UNITS`, and its schema show the pattern."""
    return BeforeValidator(UNITS[name]), WithJsonSchema(UNITS[name].schema())


def one_or_more(value: object) -> object:
    """A single pattern is a list of one."""
    return [value] if isinstance(value, str) else value


def _fits(pattern: str, what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise Wrong(f"expected {what}")
        return value

    return check


def _printable(value: str) -> str:
    if not value.isprintable() or not 1 <= len(value) <= 256:
        raise Wrong("expected 1 to 256 characters, none of them a control character")
    return value


_ALSO_CALLED = {
    "gemini": "google",
    "google_ai_studio": "google",
    "claude": "anthropic",
    "vertex_ai": "vertex",
    "vertexai": "vertex",
    "aws": "bedrock",
    "amazon": "bedrock",
    "azure_openai": "azure",
    "hf": "huggingface",
    "together_ai": "together",
    "lm_studio": "openai",
}
"""What others call a provider, and no likeness of letters would find."""


def _provider(value: str) -> str:
    if value not in PROVIDERS:
        meant = f'; did you mean "{_ALSO_CALLED[value]}"?' if value in _ALSO_CALLED else did_you_mean(value, PROVIDERS)
        raise Wrong("unknown provider", meant or f"; known are {', '.join(sorted(PROVIDERS))}")
    return value


def _base_url(value: str) -> str:
    """What is wrong is said without the URL: a password in it is a secret."""
    example = 'e.g. "https://api.openai.com/v1"'
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise Wrong(f"expected a URL, {example}", show=False) from None
    if url.scheme not in ("http", "https") or not url.hostname or port == 0 or not value.isascii() or " " in value:
        raise Wrong(f"expected an http or https URL with a host, {example}", show=False)
    if "@" in url.netloc or "?" in value or "#" in value:
        raise Wrong(f"expected a URL without user, password, query or fragment, {example}", show=False)
    return value.rstrip("/")


def _proxy_url(value: object) -> object:
    """Nothing of it is repeated: there may be a password in it."""
    if not isinstance(value, str) or not value:
        return None if value == "" else value
    example = 'e.g. "http://proxy.example:3128"'
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise Wrong(f"expected a URL, {example}", show=False) from None
    if url.scheme not in ("http", "https") or not url.hostname or port == 0:
        raise Wrong(f"expected an http or https URL with a host, {example}", show=False)
    if url.path not in ("", "/") or "?" in value or "#" in value:
        raise Wrong(f"expected a URL without path, query or fragment, {example}", show=False)
    return value


def _read(path: str, info: ValidationInfo) -> str:
    """What a file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not UTF-8.
    """
    context: Any = info.context
    text: str = context["read_file"](path)
    return text


def _why(fault: OSError | ValueError) -> str:
    return fault.strerror or "no such file" if isinstance(fault, OSError) else "not UTF-8"


def _pem_file(value: object, info: ValidationInfo) -> object:
    """A path stands for what is in that file."""
    if not isinstance(value, str) or not value:
        return None if value == "" else value
    try:
        return _read(value, info)
    except (OSError, ValueError) as fault:
        raise Wrong(f"the file cannot be read: {_why(fault)}") from None


def _secret(value: object, info: ValidationInfo) -> object:
    """``file:/run/secrets/x`` stands for what is in that file, less the line break at its end."""
    if isinstance(value, str) and value.startswith("file:"):
        try:
            value = _read(value.removeprefix("file:"), info).rstrip("\r\n")
        except (OSError, ValueError) as fault:
            raise Wrong(f"the secret's file cannot be read: {_why(fault)}", show=False) from None
    if isinstance(value, str) and not (value.isascii() and all(33 <= ord(character) <= 126 for character in value)):
        raise Wrong("a secret is ASCII without white space: no header can carry another", show=False)
    return value


def _secret_text(value: object, info: ValidationInfo) -> object:
    """``file:/run/secrets/x`` stands for what is in that file, of whatever characters."""
    if isinstance(value, str) and value.startswith("file:"):
        try:
            return _read(value.removeprefix("file:"), info).strip()
        except (OSError, ValueError) as fault:
            raise Wrong(f"the secret's file cannot be read: {_why(fault)}", show=False) from None
    return value


def _https_url(value: str) -> str:
    if not value.startswith("https://"):
        raise Wrong("expected an https URL, e.g. https://login.microsoftonline.us", show=False)
    return value


def _header_name(value: str) -> str:
    if not re.fullmatch(_FIELD_NAME, value) or value.lower() in _OUR_HEADERS:
        raise Wrong("no header that may be set here")
    return value.lower()


def _header_value(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise Wrong("expected printable ASCII characters", show=False)
    return value


def _model_name(value: str) -> str:
    _printable(value)
    if "*" in value[:-1]:
        raise Wrong("a model name may hold one *, at its end")
    return value


Whole = Annotated[int, BeforeValidator(_number)]
Number = Annotated[float, BeforeValidator(_number)]
Switch = Annotated[bool, BeforeValidator(_switch)]
Duration = Annotated[float, *unit("duration")]
Deadline = Annotated[float, *unit("duration"), Field(gt=0)]
Size = Annotated[int, *unit("size"), Field(gt=0)]
Count = Annotated[int, *unit("count"), Field(gt=0)]
TokenPrice = Annotated[int, *unit("token price")]
Name = Annotated[
    str,
    AfterValidator(_fits(_NAME, "a name of letters, digits, dots, dashes and underscores")),
    WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"}),
]
"""Of upstreams and chains: these go into records, metrics and ``upstream/model``."""
Text = Annotated[str, AfterValidator(_printable), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 256})]
ModelName = Annotated[
    str,
    AfterValidator(_model_name),
    WithJsonSchema({"type": "string", "maxLength": 256, "pattern": r"^[^*]*\*?$", "minLength": 1}),
]
Patterns = Annotated[
    list[Text],
    BeforeValidator(one_or_more),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""``*`` stands for any run of characters."""
ProviderName = Annotated[str, AfterValidator(_provider), WithJsonSchema({"type": "string", "enum": sorted(PROVIDERS)})]
BaseUrl = Annotated[str, AfterValidator(_base_url), WithJsonSchema({"type": "string", "pattern": "^https?://[^@?#]+$"})]
Secret = Annotated[SecretStr, BeforeValidator(_secret), WithJsonSchema({"type": "string"})]
SecretText = Annotated[SecretStr, BeforeValidator(_secret_text), WithJsonSchema({"type": "string"})]
"""More than a word: JSON, say."""
HttpsUrl = Annotated[BaseUrl, AfterValidator(_https_url), WithJsonSchema({"type": "string", "pattern": "^https://"})]
Region = Annotated[
    str,
    AfterValidator(_fits(_REGION, "a region, e.g. us-east-1")),
    WithJsonSchema({"type": "string", "pattern": f"^{_REGION}$"}),
]
"""Becomes a part of a host's name."""
Project = Annotated[
    str,
    AfterValidator(_fits(_PROJECT, "a project's id, e.g. my-project")),
    WithJsonSchema({"type": "string", "pattern": f"^{_PROJECT}$"}),
]
"""Becomes a part of a path."""
ProxyUrl = Annotated[
    SecretStr | None, BeforeValidator(_proxy_url), BeforeValidator(_secret), WithJsonSchema({"type": "string"})
]
"""None where nothing is written."""
PemFile = Annotated[SecretStr | None, BeforeValidator(_pem_file), WithJsonSchema({"type": "string"})]
"""The path of a file; its value is what is in there. None where nothing is written."""
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]

__all__ = [
    "MIN_SECRET",
    "BaseUrl",
    "Count",
    "Deadline",
    "Duration",
    "HeaderName",
    "HeaderValue",
    "HttpsUrl",
    "ModelName",
    "Name",
    "Number",
    "Patterns",
    "PemFile",
    "Project",
    "ProviderName",
    "ProxyUrl",
    "Region",
    "Secret",
    "SecretText",
    "Size",
    "Switch",
    "Text",
    "TokenPrice",
    "Whole",
    "one_or_more",
    "unit",
]
