"""What commands leave behind in the process that they run in."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """They silence the log, which is the next test's, too."""
    yield
    structlog.reset_defaults()
