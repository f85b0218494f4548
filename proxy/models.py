"""The table of model names: what a client may ask for, and where that can be served."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from policies.base import Live, Target
from translators.facts import may_be_model

_ASKED = ("max_tokens", "max_completion_tokens")
FILLED_LIMIT = 1024
"""Targets of names that a wildcard let through, kept with what is known of them; whoever asks chooses those names."""


@dataclass(frozen=True, slots=True)
class Model:
    """One name and its targets, in the YAML's order."""

    name: str
    targets: tuple[Target, ...]
    chain: str | None = None
    """The named chain it asks for."""

    total: float = field(init=False)
    """Seconds a request for it may take in all."""
    output_limit: int | None = field(init=False)
    """Tokens of output that a request may ask for: what the most generous of its operators' limits allows."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", max(target.timeouts.total for target in self.targets))
        limits = [target.output_limit for target in self.targets]
        object.__setattr__(self, "output_limit", None if None in limits else max(filter(None, limits)))


def too_much(body: Mapping[str, Any], limit: int) -> tuple[str, ...]:
    """The field of a request that asks for more tokens of output than that, if it does (D15)."""
    return tuple([name for name in _ASKED if type(body.get(name)) is int and body[name] > limit])


class Models:
    """Looks names up: a written one first, then the wildcard (``openai/*``) with the longest beginning.

    Args:
        models: all models of one configuration; a name that ends in ``*`` passes names through, to targets that do.
        live: gives the live state of a target by its name; asked for each name that a wildcard lets through.
        fit: adds what is known of its model to a target that has just got its name. Asked once for each, as long as it
            is remembered.
    """

    def __init__(
        self,
        models: Iterable[Model],
        live: Callable[[str], Live],
        fit: Callable[[Target], Target] = lambda target: target,
    ) -> None:
        self._live, self._fit = live, fit
        self._filled = lru_cache(FILLED_LIMIT)(self._fill)
        self._written: dict[str, Model] = {}
        self._wild: list[tuple[str, Model]] = []
        for model in models:
            if model.name.endswith("*"):
                self._wild.append((model.name[:-1], model))
            else:
                self._written[model.name] = model
        self._wild.sort(key=lambda entry: -len(entry[0]))

    def __iter__(self) -> Iterator[Model]:
        yield from self._written.values()
        yield from (model for _, model in self._wild)

    def find(self, name: str) -> Model | None:
        """The model of this name, or None."""
        model = self._written.get(name)
        if model is not None or not may_be_model(name):
            return model
        for beginning, wild in self._wild:
            if name.startswith(beginning) and len(name) > len(beginning) and "*" not in name:
                return self._pass_through(name, name[len(beginning) :], wild)
        return None

    def _pass_through(self, name: str, rest: str, wild: Model) -> Model:
        return replace(wild, name=name, targets=tuple(self._alive(target, rest) for target in wild.targets))

    def _alive(self, target: Target, rest: str) -> Target:
        if not target.model.endswith("*"):
            return target
        filled = self._filled(target, rest)
        return replace(filled, live=self._live(filled.name))

    def _fill(self, target: Target, rest: str) -> Target:
        model = target.model[:-1] + rest
        return self._fit(replace(target, name=f"{target.upstream}/{model}", model=model))
