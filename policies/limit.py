"""What rates, quotas, budgets and concurrency limits have in common: they claim, and the engine does the rest.

An account's name is made of the policy's kind, what it counts by, whom, in which unit and over which time:
``budget:team:growth:cost:month@UTC``. Neither a limit's figure nor its place in the file is part of it, so that what
was used stays used when these are edited, and the same limit in two chains is one account. Conditions (``when:``) are,
by a digest: ``budget-5d41402a:...``; and what is only watched has accounts of its own: ``shadow-budget:...``.
"""

from collections.abc import Hashable, Iterable
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b
from typing import Any, ClassVar

from policies.base import Call, Deny, Policy
from policies.claims import Claim, Reserve, Unit, Window
from policies.ports import Entry, World
from policies.subjects import Ambiguous, Subject, deciding, subjects
from translators.facts import FailureKind

SUBJECTS = 4096
"""Subjects whose claims are kept ready. Clients choose users, sessions and tags, so there is no end of them."""
ANYBODY = "*"
"""Stands for the subject in a claim that has none yet; no name holds it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim as far as options say it."""

    unit: Unit
    limit: int
    window: Window
    facts: dict[str, Any]
    """Other fields of the claim."""


class Limit(Policy):
    """Claims an account for each of a call's subjects, in each unit that is limited."""

    kind: ClassVar[str]
    """First part of its accounts' names."""

    def __init__(self, options: Any, world: World) -> None:
        super().__init__(options, world)
        self._each, self._patterns = self.each(options, world.entry), self.claims(options, world.entry)
        self._deciding = deciding(options.per if self._patterns else ())
        self._known: dict[Hashable, Reserve | Deny | None] = {}
        self._made: dict[str, Claim] = {}

    @classmethod
    def drafts(cls, options: Any) -> Iterable[Draft]:
        """What is limited for each subject."""
        raise NotImplementedError

    @classmethod
    def each(cls, _options: Any, _entry: Entry) -> tuple[Claim, ...]:
        """What is limited for each request by itself."""
        return ()

    @classmethod
    def hard(cls, options: Any) -> bool:
        """Whether it counts anything that several workers must count together."""
        return any(True for _ in cls.drafts(options))

    @classmethod
    def claims_cost(cls, options: Any) -> bool:
        """Whether it needs to know what a request costs."""
        return any(draft.unit is Unit.COST for draft in cls.drafts(options))

    @classmethod
    def claims(cls, options: Any, entry: Entry) -> tuple[tuple[str, Claim], ...]:
        """By each kind of ``per:``: its claims, with ``*`` for the subject."""
        prefix = f"{'shadow-' if entry.shadow else ''}{cls.kind}{_conditions(entry)}"
        return tuple(
            [
                (
                    kind,
                    Claim(
                        account=f"{prefix}:{kind.replace(':', '.')}:{ANYBODY}:{draft.unit}:{draft.window.name}",
                        unit=draft.unit,
                        limit=draft.limit,
                        window=draft.window,
                        policy=entry.name or cls.kind,
                        subject=kind,
                        shadow=entry.shadow,
                        **draft.facts,
                    ),
                )
                for kind in options.per
                for draft in cls.drafts(options)
            ]
        )

    def admit(self, call: Call) -> Reserve | Deny | None:
        """Claim what its subjects may use: the very same object for the same subjects."""
        key = self._deciding(call)
        try:
            return self._known[key]
        except KeyError:
            if len(self._known) >= SUBJECTS:
                self._known.clear()
            answer = self._known[key] = self._answer(call)
            return answer

    def _answer(self, call: Call) -> Reserve | Deny | None:
        claims = [*self._each]
        for kind, pattern in self._patterns:
            try:
                found = subjects(kind, call)
            except Ambiguous as fault:
                return _several(fault.args[0])
            if not found:
                if self.options.without == "refuse":
                    return _missing(kind)
                found = (Subject("", f"all without {kind}"),) if self.options.without == "together" else ()
            claims += [self._claim(pattern, subject) for subject in found]
        return Reserve(tuple(claims)) if claims else None

    def _claim(self, pattern: Claim, subject: Subject) -> Claim:
        account = pattern.account.replace(ANYBODY, subject.name)
        claim = self._made.get(account)
        if claim is None:
            if len(self._made) >= SUBJECTS:
                self._made.clear()
            claim = replace(pattern, account=account, subject=subject.words, place=subject.place)
            self._made[account] = claim
        return claim


def _conditions(entry: Entry) -> str:
    if entry.when is None:
        return ""
    conditions = [sorted(part) if isinstance(part, tuple) else part for part in astuple(entry.when)]
    return "-" + blake2b(repr(conditions).encode(), digest_size=4).hexdigest()


def _missing(kind: str) -> Deny:
    what = {"user": "user", "session": "switchgear.session"}.get(kind, "switchgear.tags" if ":" in kind else None)
    name = kind.replace(":", " ")
    message = f"This request has no {name}, and requests here are limited by it."
    return Deny(FailureKind.BAD_REQUEST, message, code="missing_required_parameter", param=what)


def _several(tag: str) -> Deny:
    message = f"This request has several values of the tag {tag}, and requests here are limited by it."
    return Deny(FailureKind.BAD_REQUEST, message, code="invalid_value", param="switchgear.tags")
