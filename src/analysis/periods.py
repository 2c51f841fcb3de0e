"""Months, quarters, half-years and years as a calendar without holes."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""Length of each period in months."""
MONTH_DAYS = 365.25 / 12


def ordinals(starts: pd.Series[pd.Timestamp], unit: str) -> pd.Series[int]:
    """Return the number of each period on a calendar of ``unit``: adjacent periods differ by one."""
    return (starts.dt.year * 12 + starts.dt.month - 1) // MONTHS[unit]


def begins_whole(start: dt.date, first: dt.date, unit: str) -> bool:
    """Tell whether a period is recorded from its beginning on.

    It is if the data begin within its first week, or its first twelfth where that is longer (January, of a
    year).

    Parameters
    ----------
    start, first
        First day of the period; first day of the data.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    """
    return pd.Timestamp(first) < pd.Timestamp(start) + _late(unit)


def _late(unit: str) -> pd.Timedelta:
    return pd.Timedelta(days=max(7, 31 * MONTHS[unit] // 12))


def calendar(first: dt.date, as_of: dt.date, unit: str) -> pd.DataFrame:
    """Return every period from the one of ``first`` to the one of ``as_of``.

    Parameters
    ----------
    first, as_of
        The first day of the data; the last day that counts.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.

    Returns
    -------
    pandas.DataFrame
        ``period`` (first day), ``number`` (adjacent periods differ by one) and ``complete``
        (False where ``as_of`` comes before the period's last day, or the data begin late in it:
        `begins_whole`).

    Examples
    --------
    >>> import datetime as dt
    >>> calendar(dt.date(2024, 2, 9), dt.date(2024, 9, 30), "quarter")[["period", "complete"]]
          period  complete
    0 2024-01-01     False
    1 2024-04-01      True
    2 2024-07-01      True
    """
    ends = pd.Series(pd.to_datetime([first, as_of]))
    low, high = ordinals(ends, unit)
    numbers = range(int(low), int(high) + 2)
    months = [number * MONTHS[unit] for number in numbers]
    starts = pd.DatetimeIndex([dt.datetime(month // 12, month % 12 + 1, 1) for month in months])
    return pd.DataFrame(
        {
            "period": starts[:-1],
            "number": numbers[:-1],
            "complete": (starts[:-1] + _late(unit) > pd.Timestamp(first))
            & (starts[1:] <= pd.Timestamp(as_of) + pd.Timedelta(days=1)),
        }
    )


def months_between(start: pd.Series, day: pd.Series, *, begun: bool = False) -> npt.NDArray[np.int64]:
    """Return the whole months between dates.

    A month is full on the day of the month of its start, or on the last day of a month that is too short.

    Parameters
    ----------
    start, day
        From when and until when.
    begun
        Whether a month that has only begun counts as a whole one.
    """
    full = np.minimum(start.dt.day, day.dt.days_in_month)
    months = (day.dt.year - start.dt.year) * 12 + day.dt.month - start.dt.month - (day.dt.day < full)
    return np.asarray(months + (day.dt.day != full) if begun else months, np.int64)


def months_later(start: pd.Series, months: pd.Series) -> pd.Series:
    """Return the dates so many months later; the month's last day where it is too short."""
    month = start.dt.year * 12 + start.dt.month - 1 + months
    first = pd.to_datetime(pd.DataFrame({"year": month // 12, "month": month % 12 + 1, "day": 1}))
    days: pd.Series[int] = np.minimum(start.dt.day, first.dt.days_in_month) - 1
    return first + pd.to_timedelta(days, unit="D")
