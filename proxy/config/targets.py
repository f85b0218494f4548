"""Upstreams and models: which are in service, and what each model name leads to."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from policies.base import Timeouts
from proxy.config.account import Accounts
from proxy.config.document import Deadlines, Model, Target, Upstream
from proxy.config.prices import written_price
from proxy.config.problems import Path, did_you_mean, written
from proxy.config.reading import Reading
from proxy.config.scalars import ModelName, Name
from proxy.config.schema import ModelConfig, TargetConfig, UpstreamConfig
from translators.facts import Capabilities


def overlaid(timeouts: Timeouts, *layers: Deadlines | None) -> Timeouts:
    """The deadlines with those of each layer on top that it has."""
    for layer in layers:
        timeouts = replace(timeouts, **layer.model_dump(exclude_none=True)) if layer else timeouts
    return timeouts


class Targets:
    """The upstreams and models of one document.

    Args:
        reading: the document.
        timeouts: the default deadlines.
    """

    def __init__(self, reading: Reading, timeouts: Timeouts) -> None:
        self._reading, self._timeouts = reading, timeouts
        self._sections: dict[str, Upstream | None] = {}
        self.upstreams: dict[str, UpstreamConfig] = {}
        self.models: dict[str, ModelConfig] = {}
        self.chains_used: list[tuple[Path, str]] = []
        self.written: list[tuple[Path, str, TargetConfig]] = []
        """Each target where it is written, with its model's name; those that are off, too."""

    def read_upstreams(self, value: Any) -> None:
        """Fill ``upstreams``."""
        accounts = Accounts(self._reading)
        for name, entry in self._reading.mapping(value, ("upstreams",), Name).items():
            path = ("upstreams", name)
            section = self._sections[name] = self._reading.section(Upstream, entry, path)
            if section is not None:
                self.upstreams[name] = accounts.read(name, section, entry, path)

    def read_models(self, value: Any) -> None:
        """Fill ``models``, and warn of what is off."""
        for name, entry in self._reading.mapping(value, ("models",), ModelName).items():
            path = ("models", name)
            section = self._reading.section(Model, entry, path)
            if section is None:
                continue
            if section.chain is not None:
                self.chains_used.append(((*path, "chain"), section.chain))
            self._model(name, section, path)
        for upstream in self.upstreams.values():
            if upstream.off:
                self._reading.warn(
                    ("upstreams", upstream.name), f"off: {upstream.off}; targets there are left out", key=True
                )

    def _model(self, name: str, section: Model, path: Path) -> None:
        targets, seen = [], set[str]()
        for index, target in enumerate(section.targets):
            where = self._where(path, index)
            if target.to in seen:
                self._reading.problem(where, f"{self._reading.quoted(where)} is in this list already: never reached")
            elif self._leads_somewhere(name, target, where):
                targets.append(self._target(target, section))
                self.written.append((where, name, targets[-1]))
            seen.add(target.to)
        on = tuple(target for target in targets if not self.upstreams[target.upstream].off)
        if on:
            self.models[name] = ModelConfig(name, on, section.chain)
        elif targets:
            self._reading.warn(path, "not served: all of its upstreams are off", key=True)

    def _where(self, path: Path, index: int) -> Path:
        """Where a target is written: ``targets[i].to``, ``targets[i]``, ``[i]``, or the model itself."""
        for step in ("targets", index, "to"):
            path = (*path, step) if (*path, step) in self._reading.source.places else path
        return path

    def _target(self, target: Target, model: Model) -> TargetConfig:
        upstream, _, name = target.to.partition("/")
        section = self._sections[upstream]
        layers = (section.timeouts if section else None, model.timeouts, target.timeouts)
        timeouts = overlaid(self._timeouts, *layers)
        abilities = Capabilities(**target.capabilities.model_dump())
        price = written_price(target.price)
        return TargetConfig(target.to, upstream, name, target.tier, target.weight, timeouts, abilities, price)

    def _leads_somewhere(self, model: str, target: Target, where: Path) -> bool:
        fault = _form_fault(model, target.to)
        upstream = target.to.partition("/")[0]
        if fault:
            self._reading.problem(where, f"{fault}, got {self._reading.quoted(where)}")
        elif upstream not in self._sections:
            hint = _nearest(target.to, self._sections)
            self._reading.problem(where, f"unknown upstream in {self._reading.quoted(where)}{hint}")
        return not fault and upstream in self.upstreams


def _nearest(target: str, upstreams: Iterable[str]) -> str:
    known = list(upstreams)
    return did_you_mean(target.partition("/")[0], known) or f"; known are {', '.join(sorted(known))}"


def _form_fault(model: str, target: str) -> str | None:
    upstream, _, name = target.partition("/")
    if not upstream or not name:
        return 'expected "upstream/model"'
    if "*" in upstream or "*" in name[:-1]:
        return "a target may hold one *, at its end"
    if model.endswith("*") and not name.endswith("*"):
        return f'{written(model)} passes names through, so its targets must end in "*"'
    if name.endswith("*") and not model.endswith("*"):
        return "only a model name that ends in * can pass names through"
    return None
