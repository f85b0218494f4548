"""The table of model names: what a client may ask for, and where that can be served."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from policies.base import Live, Target
from translators.facts import may_be_model


@dataclass(frozen=True, slots=True)
class Model:
    """One name and its targets, in the YAML's order."""

    name: str
    targets: tuple[Target, ...]
    chain: str | None = None
    """The named chain it asks for."""

    total: float = field(init=False)
    """Seconds a request for it may take in all."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", max(target.timeouts.total for target in self.targets))


class Models:
    """Looks names up: a written one first, then the wildcard (``openai/*``) with the longest beginning.

    Args:
        models: all models of one configuration; a name that ends in ``*`` passes names through, to targets that do.
        live: gives the live state of a target by its name; asked for each name that a wildcard lets through.
    """

    def __init__(self, models: Iterable[Model], live: Callable[[str], Live]) -> None:
        self._live = live
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
        return replace(wild, name=name, targets=tuple(self._fill(target, rest) for target in wild.targets))

    def _fill(self, target: Target, rest: str) -> Target:
        if not target.model.endswith("*"):
            return target
        model = target.model[:-1] + rest
        full = f"{target.upstream}/{model}"
        return replace(target, name=full, model=model, live=self._live(full))
