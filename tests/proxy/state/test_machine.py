"""Random histories of each store against the model; thousands of them: ``python -m tests.soak.machine``."""

import pytest

from tests.soak.machine import run


@pytest.mark.parametrize(("store", "examples"), [("memory", 100), ("valkey", 10)])
def test_a_store_is_what_the_model_says(store: str, examples: int) -> None:
    """I1, I2, I5, I6, I12 and the closing identity, after every step."""
    run(store, examples, steps=25)
