"""The command line. Heavy imports stay inside the commands, so that ``switchgear --help`` answers at once."""

import signal
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from proxy import __version__
from proxy.commands import ledger, limits
from proxy.commands.common import load, named
from proxy.commands.usage import usage

app = typer.Typer(
    name="switchgear",
    help="An LLM gateway that speaks the OpenAI wire API.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

LogLevel = Literal["debug", "info", "warning", "error"]
File = Annotated[Path, typer.Argument(help="The YAML file.", show_default=False)]


def main() -> None:
    """The ``switchgear`` script."""
    app()


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
) -> None:
    """An LLM gateway that speaks the OpenAI wire API."""
    if show:
        typer.echo(f"switchgear {__version__}")
        raise typer.Exit


@app.command()
def serve(
    config: Annotated[
        Path | None,
        typer.Option(help="The YAML file. Default: $SWITCHGEAR_CONFIG, then ./proxy.yaml.", show_default=False),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to bind, instead of server.host.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind, instead of server.port; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes, instead of server.workers.", min=1)] = None,
    log_level: Annotated[LogLevel, typer.Option(help="What is logged at least.")] = "info",
) -> None:
    """Start the proxy."""
    _hold_hangups()
    from proxy import serve as serving

    path = named(config)
    said = {"host": host, "port": port, "workers": workers}
    overrides: dict[str, object] = {name: value for name, value in said.items() if value is not None}
    loaded = load(path, overrides)
    if loaded.warnings:
        typer.echo(f"{len(loaded.warnings)} warnings: `switchgear check {path}` shows them", err=True)
    raise typer.Exit(serving.serve(loaded, path, overrides, log_level))


@app.command(hidden=True)
def worker(
    config: Annotated[Path, typer.Option()],
    listener: Annotated[int, typer.Option()],
    heartbeat: Annotated[int, typer.Option()],
    host: Annotated[str, typer.Option()],
    log_level: Annotated[LogLevel, typer.Option()] = "info",
) -> None:
    """One worker of several; started by ``serve``."""
    _hold_hangups()
    from proxy import serve as serving

    serving.work(config, host, listener, heartbeat, log_level)


@app.command()
def check(file: File) -> None:
    """Validate a file and print what it means. Exit code 0: good, 1: wrong, 2: cannot be read."""
    from proxy.report import describe

    loaded = load(file, {})
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning.at(str(file))}", err=True)
    typer.echo(describe(loaded))


@app.command()
def explain(
    file: File,
    model: Annotated[str, typer.Option(help="The model a client would ask for.", show_default=False)],
    key: Annotated[str | None, typer.Option(help="The id of the key it would use.")] = None,
    stream: Annotated[bool, typer.Option(help="Whether it would stream.")] = False,
    tag: Annotated[list[str] | None, typer.Option(help="A tag it would carry; may be repeated.")] = None,
) -> None:
    """Say which target a request would go to, and why, without sending anything."""
    from proxy.report import explain as explained

    text, code = explained(load(file, {}), model, key, stream=stream, tags=frozenset(tag or ()))
    typer.echo(text)
    raise typer.Exit(code)


app.command()(usage)
app.add_typer(limits.app, name="limits")
app.add_typer(ledger.app, name="ledger")


def _hold_hangups() -> None:
    """SIGHUP means "reload": until somebody is there to do so it has to wait, where it would end the process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


if __name__ == "__main__":
    sys.exit(main())  # type: ignore[func-returns-value]
