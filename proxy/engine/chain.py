"""Compiles a chain of policies into tuples of bound methods, so that an absent verb costs nothing."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from policies.base import Attempt, Call, Decision, Deny, Note, Outcome, Policy, Route, Verdict
from policies.claims import Reserve
from policies.when import When

_log = structlog.get_logger("switchgear")


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a chain as the YAML has it."""

    name: str
    policy: Policy
    when: When | None = None
    """Which requests it applies to; None: all."""
    shadow: bool = False
    """Only watch: verdicts are noted and not acted on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One verb of one link."""

    name: str
    verb: Callable[..., Any]
    when: When | None
    shadow: bool
    passed: Note
    """What is noted where the policy has nothing to say."""

    def denies(self, decision: Deny, notes: list[Note]) -> bool:
        """Note a denial; whether it counts."""
        notes.append(Note(self.name, Verdict.DENY, why=decision.message, shadow=self.shadow))
        return not self.shadow


class Chain:
    """A compiled chain: for each verb the steps that have it, in the YAML's order."""

    def __init__(self, name: str, links: Iterable[Link]) -> None:
        self.name, self.links = name, tuple(links)
        self._admit, self._route = self._steps("admit"), self._steps("route")
        self._observe, self._settle = self._steps("observe"), self._steps("settle")
        self.settles = bool(self._settle)
        """Whether any policy wants to know how a call ended."""

    def _steps(self, verb: str) -> tuple[Step, ...]:
        return tuple(
            Step(
                link.name,
                getattr(link.policy, verb),
                link.when,
                link.shadow,
                Note(link.name, Verdict.PASS, shadow=link.shadow),
            )
            for link in self.links
            if getattr(type(link.policy), verb) is not getattr(Policy, verb)
        )

    def admit(
        self, call: Call, notes: list[Note], claims: list[Reserve], first: int = 0
    ) -> Deny | Coroutine[Any, Any, Deny | None] | None:
        """Ask every policy in order, from the ``first`` on; the first denial that is not in shadow ends it.

        Args:
            call: who asks, for what.
            notes: what each policy says is added.
            claims: what policies want to be reserved is added.
            first: position of the first policy to ask.

        Returns:
            The denial, or None; or, where a policy has to wait for something, what to await for the same.
        """
        for position in range(first, len(self._admit)):
            step = self._admit[position]
            if step.when is not None and not step.when.matches(call):
                continue
            decision = step.verb(call)
            if decision is None:
                notes.append(step.passed)
            elif type(decision) is Reserve:
                notes.append(step.passed)
                claims.append(decision)
            elif not isinstance(decision, Deny):
                return self._admit_later(position, decision, call, notes, claims)
            elif step.denies(decision, notes):
                return decision
        return None

    async def _admit_later(
        self, position: int, waiting: Awaitable[Decision], call: Call, notes: list[Note], claims: list[Reserve]
    ) -> Deny | None:
        step, decision = self._admit[position], await waiting
        if decision is None:
            notes.append(step.passed)
        elif isinstance(decision, Reserve):
            notes.append(step.passed)
            claims.append(decision)
        elif step.denies(decision, notes):
            return decision
        rest = self.admit(call, notes, claims, position + 1)
        return rest if rest is None or isinstance(rest, Deny) else await rest

    def route(self, call: Call, route: Route) -> None:
        """Let every policy edit the route; their order does not matter."""
        notes = route.notes
        for step in self._route:
            if step.when is not None and not step.when.matches(call):
                continue
            route.policy, route.shadow = step.name, step.shadow
            said = len(notes)
            step.verb(call, route)
            if len(notes) == said:
                notes.append(step.passed)

    def observe(self, call: Call, attempt: Attempt) -> None:
        """Tell every policy how an attempt ended; a shadowed one too: it has to know what it would have done."""
        for step in self._observe:
            if step.when is None or step.when.matches(call):
                try:
                    step.verb(call, attempt)
                except Exception:  # noqa: BLE001 - the attempt is over: its answer is not one policy's to lose
                    _log.exception("observe_failed", request=call.id, policy=step.name)

    async def settle(self, call: Call, outcome: Outcome) -> None:
        """Tell every policy how the call ended."""
        for step in self._settle:
            if step.when is None or step.when.matches(call):
                try:
                    if (waiting := step.verb(call, outcome)) is not None:
                        await waiting
                except Exception:  # noqa: BLE001 - each policy settles each call, whatever the one before it does
                    _log.exception("settle_failed", request=call.id, policy=step.name)
