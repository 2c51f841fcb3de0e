"""Customers with one and the same history, counted: what the likelihoods are computed on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

PARTS = 7  # times are whole days, in days or weeks, so seven times one is whole; purchases are whole anyway
BLOCK = 1_000_000  # values at a time
LONGEST_TABLE = 4_000_000  # of these parts, up to which distinct values are found by a table


@dataclass(frozen=True)
class Counts:
    """The distinct histories ``(x, t_x, T)`` of a portfolio, sorted, and how many customers share each.

    Attributes
    ----------
    purchases
        The distinct numbers of repeat purchases, ascending.
    times
        The distinct ages, at the last purchase or now, ascending.
    x, t_x, t
        Of each history, its place in ``purchases``, in ``times`` and again in ``times``.
    weights
        Customers that share the history.
    """

    purchases: Floats
    times: Floats
    x: Codes
    t_x: Codes
    t: Codes
    weights: Floats

    @property
    def customers(self) -> float:
        """Customers counted."""
        return float(self.weights.sum())

    @property
    def bought(self) -> float:
        """Repeat purchases of all of them."""
        return float(self.weights @ self.purchases[self.x])

    def thinned(self, most: int) -> Counts:
        """Return every n-th history, so that at most ``most`` are left."""
        step = -(-len(self.weights) // most)
        if step == 1:
            return self
        rows = slice(step // 2, None, step)
        return Counts(
            self.purchases, self.times, self.x[rows], self.t_x[rows], self.t[rows], self.weights[rows]
        )

    def reweighted(self, weights: Floats) -> Counts:
        """Return the same histories, shared by other numbers of customers."""
        return Counts(self.purchases, self.times, self.x, self.t_x, self.t, weights)

    def rescaled(self, unit: float) -> Counts:
        """Return the same histories with their times divided by ``unit``."""
        return Counts(self.purchases, self.times / unit, self.x, self.t_x, self.t, self.weights)


def count(x: Floats, t_x: Floats, t: Floats, customers: Floats | None = None) -> Counts:
    """Count the customers that share a history.

    Parameters
    ----------
    x, t_x, t
        Repeat purchases, age at the last one and age now of each customer, in one unit.
    customers
        How many customers each of these stands for, where no two are alike; None: one each.
    """
    purchases, x_codes = distinct(x)
    times, codes = distinct(np.concatenate([t_x, t]))
    size, width = len(t), len(times)
    keys = (x_codes * width + codes[:size]) * width + codes[size:]
    if customers is None:
        keys.sort()
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        weights = np.diff(first, append=size).astype(np.float64)
    else:
        first = np.argsort(keys)
        weights = customers[first]
    rest, t_codes = np.divmod(keys[first], width)
    x_codes, t_x_codes = np.divmod(rest, width)
    return Counts(purchases, times, x_codes, t_x_codes, t_codes, weights)


def distinct(values: Floats) -> tuple[Floats, Codes]:
    """Return the distinct values, none below 0, ascending, and the place of each value among them."""
    numbers = _whole(values) if len(values) and values.max() * PARTS < LONGEST_TABLE else None
    if numbers is not None:
        present = np.bincount(numbers) > 0
        return np.flatnonzero(present) / PARTS, (np.cumsum(present) - 1)[numbers]
    found, codes = np.unique(values, return_inverse=True)
    return found, codes.astype(np.intp)


def _whole(values: Floats) -> npt.NDArray[np.int32] | None:
    """Return values in whole parts, None where some are not whole; a block at a time, to save memory."""
    numbers = np.empty(len(values), np.int32)
    for rows in (slice(start, start + BLOCK) for start in range(0, len(values), BLOCK)):
        parts = values[rows] * PARTS
        numbers[rows] = whole = np.rint(parts)
        if np.abs(parts - whole).max() >= 1e-6:
            return None
    return numbers


def distinct_pairs(x: Floats, t: Floats) -> tuple[Floats, Floats, Codes]:
    """Return the distinct pairs of ``x`` and ``t``, and the place of each customer's among them."""
    purchases, x_codes = distinct(x)
    times, t_codes = distinct(t)
    keys = x_codes * len(times) + t_codes
    size = len(purchases) * len(times)
    if size <= max(LONGEST_TABLE, 4 * len(keys)):
        present = np.zeros(size, bool)
        present[keys] = True
        found, codes = np.flatnonzero(present), (np.cumsum(present) - 1)[keys]
    else:
        found, codes = np.unique(keys, return_inverse=True)
    return purchases[found // len(times)], times[found % len(times)], codes.astype(np.intp)
