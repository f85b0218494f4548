"""``switchgear usage``: what was used, summed up as one likes."""

from typing import Annotated

import typer

from proxy.commands.common import AsJson, File, load, named, run

By = Annotated[
    str,
    typer.Option(
        help="Labels, separated by commas: key, team, org, user, session, model, target, upstream, day, hour, "
        "endpoint, chain, config, outcome, price, source, failure. Empty: one sum."
    ),
]
Since = Annotated[str, typer.Option(help="From when on: 7d, 12h, 2026-11-01 (UTC), 2026-11-01T14:00+01:00.")]
Until = Annotated[str | None, typer.Option(help="Until when; written like --since. Default: now.", show_default=False)]


def usage(
    config: File = None,
    by: By = "key,model",
    since: Since = "30d",
    until: Until = None,
    json: AsJson = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, money in dollars.")] = False,
) -> None:
    """Show what was used, from the ledger; also while the server runs. Exit code 1: there is no ledger to read."""
    if json and csv:
        raise typer.BadParameter("one of --json and --csv")
    loaded = load(named(config), {})
    from proxy.commands import figures

    labels = tuple(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    try:
        question = figures.question(labels, since, until)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None
    rows = run(figures.read(loaded.ledger, question))
    form = figures.as_json if json else figures.as_csv if csv else figures.as_table
    typer.echo(form(question, rows), nl=False)
