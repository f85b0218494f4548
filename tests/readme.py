"""The README as data: its code blocks, its commands, and the tables that are generated into it.

``python tests/readme.py write`` brings the tables up to date; ``python tests/readme.py test-command`` prints the line
that runs all tests.
"""

import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
_BLOCK = re.compile(r"^```([a-z]+)(?: ([a-z]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    role: str | None
    """The word after the language: what the block is for."""
    text: str


def blocks(language: str, role: str | None = None) -> list[Block]:
    """The blocks of a language, of one role or of none."""
    found = (Block(*match.groups()) for match in _BLOCK.finditer(README.read_text()))
    return [block for block in found if (block.language, block.role) == (language, role)]


def command(role: str) -> str:
    """The one command line of a role."""
    (block,) = blocks("sh", role)
    return block.text.strip()


def tables() -> dict[str, str]:
    """The generated tables by the name in their marker."""
    return {"policies": "\n".join(_policies()), "providers": "\n".join(_providers())}


def filled(text: str) -> str:
    """The README's text with its tables up to date."""
    for name, table in tables().items():
        marked = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
        text = marked.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)
    return text


def _policies() -> Iterator[str]:
    from policies import POLICIES

    yield "| policy | what it does | options |"
    yield "|---|---|---|"
    for name, policy in POLICIES.items():
        what = (policy.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")
        options = "<br>".join(_option(field) for field in dataclasses.fields(policy.Options))
        yield f"| `{name}` | {what} | {options or 'none; it heads every chain by itself'} |"


def _option(field: "dataclasses.Field[object]") -> str:
    return f"`{field.name}`: {field.metadata['help']}"


def _providers() -> Iterator[str]:
    from translators.registry import PROVIDERS

    yield "| provider | speaks | default base URL | usual key variable | source |"
    yield "|---|---|---|---|---|"
    for name, row in PROVIDERS.items():
        base = (
            f"`{row.base_url}`" if row.base_url else ("to be given" if name != "demo" else "none: it answers by itself")
        )
        speaks = "<br>".join(f"{api.wire} (`api: {word}`)" for word, api in row.apis.items())
        wire = speaks if len(row.apis) > 1 else row.api().wire
        yield f"| `{name}` | {wire} | {base} | {f'`{row.env}`' if row.env else 'none'} | {row.source} |"


def main(what: str) -> None:
    """The command line of this file."""
    if what == "test-command":
        print(command("test"))
    elif what == "write":
        README.write_text(filled(README.read_text()))
    else:
        sys.exit(f"unknown: {what}")


if __name__ == "__main__":
    sys.path.insert(0, str(README.parent))
    main(sys.argv[1])
