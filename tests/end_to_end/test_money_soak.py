"""The money soak in its shortest form: ``pytest -m soak``. The long one is ``python -m tests.soak.money``."""

from pathlib import Path

import pytest

from tests.soak.money import Plan, run, table


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_nothing_is_overspent_lost_or_left_held_whatever_is_killed(tmp_path: Path) -> None:
    """I1 to I4, I12, I15, F21, F22, F25, F30, F31: workers and the store are killed, frozen and paused for a while."""
    report = run(Plan("exact", seconds=20, workers=2, clients=60), tmp_path)

    assert report.good, table(report)
    assert report.troubles
    assert report.comparison.answered > 0
