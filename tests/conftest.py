"""What all tests share: no proxy settings of the machine, and the parts of the rig as fixtures."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

from tests.rig.upstream import FakeUpstream

hypothesis.settings.register_profile("untimed", deadline=None)  # how long one example takes is the machine's business
hypothesis.settings.load_profile("untimed")

_PROXY_SETTINGS = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(scope="session", autouse=True)
def _direct_connections() -> None:
    """SDKs read proxy settings from the environment; everything here is on 127.0.0.1."""
    for name in _PROXY_SETTINGS:
        os.environ.pop(name, None)


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """A scripted upstream of this test's own."""
    with FakeUpstream() as fake:
        yield fake
