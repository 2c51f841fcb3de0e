"""What is kept of a data set is computed once, the same to the last digit, and never trusted when damaged."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import ltv, open_dataset
from analysis.dataset.cache import forget_unused
from analysis.dataset.computed import computed
from analysis.ltv.estimation import search

VALUES = np.array([0.1, 1 / 3, 1e-300, np.nan, -np.inf])


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def made() -> list[int]:
    return []


@pytest.fixture
def make(made: list[int]) -> Callable[[], np.ndarray]:
    def make() -> np.ndarray:
        made.append(1)
        return VALUES

    return make


def entries(cache: Path) -> list[Path]:
    return sorted(cache.glob("*/*.json"))


def test_what_is_kept_is_made_once_and_the_same_to_the_last_digit(make, made) -> None:
    for _time in range(3):
        found = computed("data", make, np.array, "name", VALUES)
        assert found.tobytes() == VALUES.tobytes()
    assert len(made) == 1


def test_other_data_other_settings_and_other_numbers_are_made_anew(make, made) -> None:
    computed("data", make, np.array, "name", VALUES)
    computed("other data", make, np.array, "name", VALUES)
    computed("data", make, np.array, "other name", VALUES)
    computed("data", make, np.array, "name", VALUES[::-1].copy())
    computed("data", make, np.array, "name", VALUES, 5)
    assert len(made) == 5


def test_of_no_data_set_nothing_is_kept(make, made, cache) -> None:
    for _time in range(2):
        computed(None, make, np.array, "name")
    assert len(made) == 2
    assert not cache.exists()


@pytest.mark.parametrize("damage", [b"", b"[1, 2]", None])
def test_a_damaged_entry_is_made_anew(make, made, cache, damage) -> None:
    computed("data", make, np.array, "name")
    (entry,) = entries(cache)
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-3] if damage is None else damage)
    assert computed("data", make, np.array, "name").tobytes() == VALUES.tobytes()
    assert len(made) == 2
    assert entry.read_bytes() == whole


def test_where_nothing_can_be_written_it_is_made_each_time(make, made, tmp_path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "file" / "cache"))
    for _time in range(2):
        computed("data", make, np.array, "name")
    assert len(made) == 2


def test_what_was_not_used_for_long_goes(make, made, cache) -> None:
    long_ago = time.time() - 40 * 86_400
    for _time in range(2):  # made, and then read, which is a use too
        computed("data", make, np.array, "name")
        forget_unused()
        (entry,) = entries(cache)
        os.utime(entry.parent, (long_ago, long_ago))
    forget_unused()
    assert entries(cache) == []
    assert len(made) == 1


@pytest.mark.slow
def test_processes_that_need_it_at_once_make_it_once(cache, tmp_path) -> None:
    """Each writes a line when it computes, and takes its time about it."""
    code = (
        "import time, sys; from pathlib import Path; from analysis.dataset.computed import computed\n"
        "def make():\n"
        "    with open(sys.argv[1], 'a') as made: made.write('made\\n')\n"
        "    time.sleep(0.5)\n"
        "    return 0.1 + 0.2\n"
        "print(repr(computed('data', make, float, 'name')))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "made")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _process in range(3)]
    assert {process.communicate()[0] for process in running} == {"0.30000000000000004\n"}
    assert (tmp_path / "made").read_text() == "made\n"


def test_a_check_of_cdnow_is_fitted_once_and_is_the_same_with_and_without_what_is_kept(monkeypatch) -> None:
    """Three models at four dates and their spend, looked for by the first and read by the second."""
    searched: list[int] = []
    real = search._candidates
    monkeypatch.setattr(search, "_candidates", lambda part: searched.append(1) or real(part))
    dataset = open_dataset("cdnow-sample")
    first = ltv.hold_out(dataset)
    assert len(searched) == 16
    again = ltv.hold_out(dataset)
    assert len(searched) == 16
    plain = replace(dataset)
    monkeypatch.setattr(type(plain), "content", None)
    without = ltv.hold_out(plain)
    assert len(searched) == 32
    for other in (again, without):
        assert other.customers.equals(first.customers)
        assert other.intervals[0] == first.intervals[0]
        assert other.model.draws(np.random.default_rng(1), 5) == first.model.draws(
            np.random.default_rng(1), 5
        )
