"""What a way of proving who we are needs on this machine."""

import sys

import pytest

from proxy.upstream.extras import EXTRAS, lacking


@pytest.mark.parametrize(
    ("use", "package", "extra"),
    [("aws", "botocore", "bedrock"), ("google", "google.auth", "vertex"), ("entra", "azure.identity", "azure")],
)
def test_what_is_not_installed_is_named_by_its_extra(
    use: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pip takes it; and nothing is named that is there."""
    before = lacking(use)
    monkeypatch.setitem(sys.modules, package, None)

    assert (before, lacking(use)) == (None, extra)


def test_a_package_whose_parent_is_not_there_is_not_there_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """``google`` and ``azure`` are shared by many packages, or by none."""
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "azure.identity", raising=False)
    monkeypatch.delitem(sys.modules, "azure", raising=False)

    assert lacking("entra") == "azure"


def test_a_key_needs_nothing() -> None:
    """It is a header."""
    assert "default" not in EXTRAS
    assert lacking("default") is None
