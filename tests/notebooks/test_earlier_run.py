"""What a run of ``03_churn`` leaves is what a later one holds against the facts."""

import pytest
from running import in_process

from analysis import churn, open_dataset

pytestmark = pytest.mark.slow


def test_what_a_run_leaves_is_what_a_later_one_reads(tmp_path, monkeypatch):
    in_process("03_churn", monkeypatch, data="cdnow-sample", as_of="1998-01-31", out=str(tmp_path))
    found = churn.earlier_forecast(tmp_path, open_dataset("cdnow-sample"))
    assert found.shown["earlier_forecast"]["customers"].sum() > 100
    assert "The forecast of 31 Jan 1998" in found.text
