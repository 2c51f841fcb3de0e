"""What is kept of a data set is computed once, the same to the last digit, and never trusted when damaged."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import ltv
from analysis.dataset import computed as module
from analysis.dataset.cache import MARKER, forget_unused
from analysis.dataset.computed import computed
from analysis.dataset.dataset import open_dataset
from portfolios import simulated


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def made() -> list[int]:
    return []


def counted(made: list[int], value: float = 0.1) -> Callable[[], np.ndarray]:
    def make() -> np.ndarray:
        made.append(1)
        return np.array([value, np.nan, -np.inf, 1 / 3])

    return make
