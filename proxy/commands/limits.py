"""``switchgear limits``: every account, and what is left of it; and changing what is settled there."""

from typing import TYPE_CHECKING, Annotated

import typer

from proxy.commands.choosing import choosing
from proxy.commands.common import AsJson, File, load, named, note, run

if TYPE_CHECKING:
    from proxy.commands.accounts import Choice
    from proxy.commands.adjusting import Change

app = typer.Typer(help="Show what is left of each limit; reset or adjust what is used.", invoke_without_command=True)

Why = Annotated[str, typer.Option(help="Why; it is written down with your name.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what it would do, and do nothing.")]


@app.callback()
@choosing
def limits(context: typer.Context, choice: "Choice", config: File = None, json: AsJson = False) -> None:
    """Show each account: what is used, held and left, and when it resets. Exit code 1: there is none, or no answer."""
    if context.invoked_subcommand is not None:
        context.obj = config
        return
    loaded = load(named(config), {})
    from proxy.commands import board

    rows, notes = run(board.show(loaded, choice))
    for text in notes:
        note(text)
    typer.echo(board.as_json(rows) if json else board.as_table(rows), nl=False)


@app.command()
@choosing
def reset(
    context: typer.Context,
    choice: "Choice",
    why: Why,
    config: File = None,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> None:
    """Count nothing as used on all accounts that fit, in their window of now."""
    from proxy.commands.adjusting import Change

    _change(config or context.obj, choice, Change("0", by=False), why, several=True, dry_run=dry_run, json=json)


@app.command()
@choosing
def adjust(
    context: typer.Context,
    choice: "Choice",
    why: Why,
    by: Annotated[str | None, typer.Option(help="Add this to what is used: +$5, -$0.25, -100k.")] = None,
    to: Annotated[str | None, typer.Option(help="Count so much as used: $0, 5000.")] = None,
    config: File = None,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> None:
    """Change what counts as used on one account, in its window of now."""
    if (by is None) == (to is None):
        raise typer.BadParameter("one of --by and --to")
    from proxy.commands.adjusting import Change

    asked = Change(by or to or "", by=by is not None)
    _change(config or context.obj, choice, asked, why, several=False, dry_run=dry_run, json=json)


def _change(
    config: File, choice: "Choice", asked: "Change", why: str, *, several: bool, dry_run: bool, json: bool
) -> None:
    if choice.everything:
        raise typer.BadParameter("say which account: --account, --key, --team, ...")
    if not why.strip():
        raise typer.BadParameter("--why: say it in words")
    loaded = load(named(config), {})
    from proxy.commands import board

    done, notes = run(board.change(loaded, choice, asked, why.strip(), several=several, dry_run=dry_run))
    for text in notes:
        note(text)
    typer.echo(board.changes_as_json(done) if json else board.changes_as_table(done), nl=False)
