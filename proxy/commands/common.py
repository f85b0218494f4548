"""What the commands have in common: the file they read, how they end, and in which form they answer."""

import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from proxy.config.schema import Config

INVALID, UNREADABLE = 1, 2
"""Exit codes: a file that is wrong, and one that cannot be read."""
TROUBLE = 1
"""Exit code where the books cannot be asked, or do not add up."""

File = Annotated[
    Path | None,
    typer.Option("--config", help="The YAML file. Default: $SWITCHGEAR_CONFIG, then ./proxy.yaml.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]

T = TypeVar("T")


class Trouble(Exception):
    """What keeps a command from doing its work, in words for the person who gave it."""


def named(config: Path | None) -> Path:
    """The file that is meant."""
    return config or Path(os.environ.get("SWITCHGEAR_CONFIG", "proxy.yaml"))


def load(path: Path, overrides: dict[str, object]) -> "Config":
    """The configuration, or a list of everything that is wrong with it and the end."""
    from proxy.config.load import load_file
    from proxy.config.problems import ConfigErrors

    try:
        return load_file(path, os.environ, overrides)
    except ConfigErrors as errors:
        typer.echo(str(errors), err=True)
        raise typer.Exit(INVALID) from None
    except OSError as fault:
        typer.echo(f"{path}: {fault.strerror or fault}", err=True)
        raise typer.Exit(UNREADABLE) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it on a loop of its own; trouble is one line on stderr and the end."""
    import asyncio
    import logging

    import structlog

    before, only_disasters = structlog.get_config(), structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=only_disasters)  # stdout is the answer's alone
    try:
        return asyncio.run(work)
    except Trouble as trouble:
        typer.echo(str(trouble), err=True)
        raise typer.Exit(TROUBLE) from None
    finally:
        structlog.configure(**before)


def note(text: str) -> None:
    """Something that a person should know beside the answer."""
    typer.echo(text, err=True)
