"""Which accounts there are: those of the file's limits, for each subject that it names or that the ledger has met."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from policies.base import Call, Principal, Target
from policies.claims import Claim
from policies.limit import ANYBODY, Limit
from policies.subjects import Subject, subjects
from proxy.commands.common import Trouble
from proxy.config.limits import entry_of
from proxy.config.schema import Config
from proxy.ledger.accounts import claim_of, words_of

ANONYMOUS = Principal("anonymous")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of them are meant; nothing said: all."""

    account: str | None = None
    subjects: dict[str, str] = field(default_factory=dict)
    """By kind of ``per:``; one of them has to fit."""
    policy: str | None = None
    """As the chain names it, or its kind."""
    unit: str | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing was said."""
        return self == Choice()


def claims(config: Config, met: Iterable[str]) -> dict[str, Claim]:
    """Claims on all accounts, by their names; of one account in several chains that of the lowest limit.

    Args:
        config: with the limits.
        met: names of accounts, from the ledger; those that no limit claims are left out.
    """
    found: dict[str, Claim] = {}
    names, calls = list(met), _calls(config)
    for kind, pattern in _patterns(config):
        for subject in _subjects(kind, pattern, calls, names):
            account = pattern.account.replace(ANYBODY, subject.name)
            claim = replace(pattern, account=account, subject=subject.words, place=subject.place)
            before = found.get(account)
            if before is None or claim.limit < before.limit:
                found[account] = claim
    return dict(sorted(found.items()))


def chosen(known: dict[str, Claim], choice: Choice) -> list[Claim]:
    """Those that are meant.

    Raises:
        Trouble: none is.
    """
    if choice.account is not None and choice.account not in known:
        with suppress(ValueError):
            return [claim_of(choice.account)]
    names = [(kind.replace(":", "."), subject_name(kind, text)) for kind, text in choice.subjects.items()]
    found = [claim for claim in known.values() if _fits(claim, choice, names)]
    if not found:
        raise Trouble("no account of this file's limits fits")
    return found


def _fits(claim: Claim, choice: Choice, names: list[tuple[str, str]]) -> bool:
    made, kind, name, *_ = claim.account.split(":")
    return (
        choice.account in (None, claim.account)
        and (not names or (kind, name) in names)
        and choice.policy in (None, claim.policy, made.removeprefix("shadow-").partition("-")[0])
        and choice.unit in (None, claim.unit.value)
    )


def _patterns(config: Config) -> Iterator[tuple[str, Claim]]:
    for entries in config.chains.values():
        for entry in entries:
            if issubclass(entry.cls, Limit):
                yield from entry.cls.claims(entry.options, entry_of(entry))


def _calls(config: Config) -> list[Call]:
    """One of each key that the file names, to all targets; and one for each model, which is asked for that alone."""
    named = {target.to: target for model in config.models.values() for target in model.targets}
    targets = tuple(
        [
            Target(f"{target.upstream}/{target.model}", target.upstream, "", target.model)
            for target in named.values()
            if "*" not in target.model
        ]
    )
    principals = [Principal(key.id, key.team, key.user, key.org) for key in config.keys] or [ANONYMOUS]
    models = [name for name in config.models if "*" not in name]
    return [_call(principal, targets=targets) for principal in principals] + [_call(model=model) for model in models]


def _call(
    principal: Principal = ANONYMOUS, model: str = "", targets: tuple[Target, ...] = (), tag: str | None = None
) -> Call:
    return Call("", model, targets, principal, 0.0, 0.0, tags=frozenset() if tag is None else frozenset({tag}))


def _subjects(kind: str, pattern: Claim, calls: list[Call], met: list[str]) -> Iterator[Subject]:
    known: dict[str, Subject] = {}
    for call in calls:
        if (kind == "model") != bool(call.model):
            continue
        for subject in subjects(kind, call):
            known[subject.name] = subject
    before, after = pattern.account.split(ANYBODY)
    fits = re.compile(f"{re.escape(before)}([^:]*){re.escape(after)}")
    for account in met:
        match = fits.fullmatch(account)
        if match is not None and match[1] not in known:
            known[match[1]] = Subject(match[1], words_of(account))
    yield from known.values()


def subject_name(kind: str, text: str) -> str:
    """Of whom people call so, as accounts have it."""
    if kind in ("upstream", "target"):
        upstream = text.partition("/")[0]
        call = _call(targets=(Target(text, upstream, "", ""),))
    elif kind == "model":
        call = _call(model=text)
    elif kind.startswith("tag:"):
        call = _call(tag=f"{kind.removeprefix('tag:')}={text}")
    else:
        who = {"key": "anonymous"} | {kind: text}
        call = _call(Principal(**who))  # type: ignore[arg-type]
    (subject,) = subjects(kind, call)
    return subject.name
