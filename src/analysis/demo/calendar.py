"""When people buy: the season of each sector, the days of the week, public holidays."""

from __future__ import annotations

import numpy as np

from analysis.demo.world import YEAR, dates, month, weekday

_SEASONS = np.array([
    [0.90, 0.85, 1.00, 1.05, 1.10, 1.05, 0.95, 0.75, 0.95, 1.05, 1.20, 1.15],  # homes
    [0.80, 0.90, 1.10, 1.15, 1.20, 1.15, 1.05, 0.45, 1.10, 1.15, 1.10, 0.85],  # building
    [0.75, 0.80, 1.05, 1.20, 1.25, 1.25, 1.10, 0.85, 0.90, 0.90, 0.90, 1.05],  # hotels and restaurants
    [1.00, 1.00, 1.05, 1.00, 1.05, 1.05, 0.95, 0.60, 1.05, 1.10, 1.15, 1.00],  # other companies
    [0.80, 0.90, 1.00, 1.00, 1.05, 1.10, 0.75, 0.45, 1.05, 1.20, 1.40, 1.30],  # public services
])  # fmt: skip
"""Relative demand in each month."""
SECTOR_SEASON = np.array([0, 1, 2, 3, 3, 3, 3, 4, 4, 4])
_WEEKS = np.array([
    [1.25, 1.15, 1.10, 1.10, 0.95, 0.0, 0.0],
    [1.05, 0.95, 0.90, 0.95, 1.15, 1.70, 0.0],
    [1.15, 1.05, 1.00, 1.00, 0.85, 0.85, 1.10],
])  # fmt: skip
"""Relative demand from Monday to Sunday: at businesses, in the shop by consumers, online by consumers."""
_HOLIDAYS = ("01-01", "01-06", "05-01", "08-15", "10-12", "11-01", "12-06", "12-08", "12-25")


def group(sector: np.ndarray, consumer: np.ndarray, online: np.ndarray) -> np.ndarray:
    """Return the column of `demand` that a customer follows."""
    week = np.where(consumer, np.where(online, 2, 1), 0)
    return np.asarray(SECTOR_SEASON[sector] * len(_WEEKS) + week)


def demand(first: int, days: int) -> np.ndarray:
    """Return how much more is bought on each day (rows) than on an average one, by `group` (columns).

    Days are counted from `FIRST_DAY` and may lie after the last one simulated. The mean over a year is very
    nearly 1; 0 where nobody buys.
    """
    day = np.arange(first, first + days)
    open_ = np.array([str(date)[5:] not in _HOLIDAYS for date in dates(day)], dtype=float)
    seasons = _SEASONS / _SEASONS.mean(axis=1, keepdims=True)
    weeks = _WEEKS / _WEEKS.mean(axis=1, keepdims=True)
    factor = (
        seasons[:, month(day)].T[:, :, None] * weeks[:, weekday(day)].T[:, None, :] * open_[:, None, None]
    )
    return np.asarray(factor.reshape(days, -1) * YEAR / (YEAR - len(_HOLIDAYS)))
