"""The options by which a command is told which accounts are meant; the same for all of them."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from proxy.commands.accounts import Choice

_SUBJECTS = {
    "key": "Those of the key with this id.",
    "team": "Those of this team.",
    "user": "Those of this user of keys.",
    "org": "Those of this organisation.",
    "model": "Those of this model.",
    "upstream": "Those of this upstream.",
    "target": "Those of this target (upstream/model).",
}
_OTHERS = {
    "tag": "Those of this tag (NAME=value).",
    "account": "The account of this name, as --json shows it.",
    "policy": "Of this policy alone: budget, quota, rate, concurrency.",
    "unit": "In this unit alone: requests, tokens, cost, slots.",
}


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose argument ``choice`` is made of these options."""

    @functools.wraps(command)
    def chosen(**said: Any) -> None:
        picked = {name: said.pop(name) for name in (*_SUBJECTS, *_OTHERS)}
        command(choice=_choice(picked), **said)

    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(text))
        for name, text in (_SUBJECTS | _OTHERS).items()
    ]
    own = [each for each in inspect.signature(command).parameters.values() if each.name != "choice"]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    chosen.__signature__ = inspect.Signature([*parameters, *options])  # type: ignore[attr-defined]  # typer goes by it
    chosen.__annotations__ = {each.name: each.annotation for each in (*parameters, *options)}
    return chosen


def _option(text: str) -> Any:
    return Annotated[str | None, typer.Option(help=text, show_default=False)]


def _choice(said: dict[str, str | None]) -> "Choice":
    from proxy.commands.accounts import Choice

    subjects = {kind: text for kind in _SUBJECTS if (text := said[kind]) is not None}
    if said["tag"] is not None:
        name, _, text = said["tag"].partition("=")
        subjects[f"tag:{name}"] = text
    return Choice(said["account"], subjects, said["policy"], said["unit"])
