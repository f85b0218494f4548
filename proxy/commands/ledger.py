"""``switchgear ledger``: whether the books add up."""

from typing import Annotated

import typer

from proxy.commands.common import TROUBLE, AsJson, File, load, named, note, run

app = typer.Typer(help="Check the ledger.", no_args_is_help=True)


@app.callback()
def ledger() -> None:
    """Check the ledger."""


@app.command()
def verify(
    config: File = None,
    since: Annotated[str, typer.Option(help="Rows from when on; written like `usage --since`.")] = "32d",
    fix: Annotated[bool, typer.Option("--fix", help="Set the store right by the ledger, where nothing moves.")] = False,
    json: AsJson = False,
) -> None:
    """Recount the books: stores against the ledger's sums, sums against rows, rows against each other, and journals.

    Exit code 1: something does not add up, and was not fixed.
    """
    import time

    from proxy.ledger.written import moment

    try:
        start = moment(since, time.time())
    except ValueError as fault:
        raise typer.BadParameter(f"--since: {fault}") from None
    loaded = load(named(config), {})
    from proxy.commands.verdict import as_json, as_table
    from proxy.commands.verifying import verify as recount

    verdict = run(recount(loaded, start, fix=fix))
    for text in verdict.notes:
        note(text)
    typer.echo(as_json(verdict) if json else as_table(verdict), nl=False)
    if not verdict.good:
        raise typer.Exit(TROUBLE)
