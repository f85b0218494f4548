"""Golden files: a config above the line, what it comes to (or everything that is wrong with it) below."""

import dataclasses
from pathlib import Path

import pytest

from proxy.config.load import load
from proxy.config.problems import ConfigErrors
from tests.proxy.config.golden_text import ENV, FILES, read_file, rendered
from translators.registry import PROVIDERS

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.yaml"))
LINE = "---- expect ----\n"
ALL = ", ".join(sorted(PROVIDERS))
"""Stands as ``<every provider>`` in golden files: there will be more of them."""


def outcome(text: str) -> str:
    """What loading a config comes to, as text."""
    try:
        return rendered(load(text, "proxy.yaml", ENV, read_file))
    except ConfigErrors as errors:
        return f"{errors}\n".replace(ALL, "<every provider>")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_config_comes_to_what_its_golden_file_says(path: Path) -> None:
    """The compiled result, or every problem with its exact place."""
    text, expected = path.read_text().split(LINE)

    assert outcome(text) == expected


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_no_secret_is_shown_whatever_happens(path: Path) -> None:
    """Neither a problem, nor a warning, nor the config's own text holds what a variable or a file held (S7, S9)."""
    text = path.read_text().split(LINE)[0]
    secrets = [ENV["OPENAI_API_KEY"], ENV["WEB_KEY"], *(held.strip() for held in FILES.values())]
    written = ["hunter2", "secret-one-that-nobody-may-see", "the-same-secret-for-two-of-them", "12345678901234"]

    try:
        config = load(text, "proxy.yaml", ENV, read_file)
        shown = repr(config) + str(config) + repr(dataclasses.asdict(config))
    except ConfigErrors as errors:
        shown = str(errors) + repr(errors)

    assert [secret for secret in secrets + written if secret in shown] == []


def test_ten_planted_mistakes_are_reported_at_once() -> None:
    """Ten and more different mistakes in one file: each is found, each at its own place."""
    text = next(path for path in GOLDEN if path.stem == "ten_planted_mistakes").read_text().split(LINE)[0]

    with pytest.raises(ConfigErrors) as caught:
        load(text, "proxy.yaml", ENV, read_file)

    places = [(problem.line, problem.column) for problem in caught.value.problems]
    assert len(set(places)) == len(places) >= 10
    assert places == sorted(places)
