"""Names of tools in the characters that Cohere takes, and back.

"tool names can only contain certain characters (A-Za-z0-9_) and can't begin with a digit"
(https://docs.cohere.com/reference/errors, 2026-11), while OpenAI's may hold dashes, and those of MCP servers do.
"""

import re
import zlib

from translators.base import JsonObject
from translators.providers.choices import functions_of

_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_]")


def spoken(name: str) -> str:
    """A name as it is, or mended: the same way each time, and still one of a kind."""
    if _LEGAL.fullmatch(name):
        return name
    return f"_{_ILLEGAL.sub('_', name)}_{zlib.crc32(name.encode()):08x}"


def mended(asked: JsonObject) -> dict[str, str]:
    """The client's own names by what was made of them, of the tools that need it."""
    names = [str(function["name"]) for function in functions_of(asked)]
    return {spoken(name): name for name in names if spoken(name) != name}
