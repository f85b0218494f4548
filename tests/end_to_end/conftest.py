"""What the end-to-end tests share: the transports that must make no difference."""

from typing import get_args

import pytest

from proxy.config.schema import TransportName


@pytest.fixture(scope="module", params=get_args(TransportName))
def transport(request: pytest.FixtureRequest) -> str:
    """Each way to upstreams; who asks for it runs once for each."""
    return str(request.param)
