"""Months, quarters and years as a calendar without holes."""

from __future__ import annotations

import datetime as dt

import pandas as pd

_FREQUENCIES = {"month": "M", "quarter": "Q", "year": "Y"}


def ordinals(starts: pd.Series[pd.Timestamp], unit: str) -> pd.Series[int]:
    """Return the number of each period on a calendar of ``unit``: adjacent periods differ by one."""
    index = pd.PeriodIndex(starts, freq=_FREQUENCIES[unit])
    return pd.Series(index.asi8, index=starts.index)


def calendar(first: dt.date, as_of: dt.date, unit: str) -> pd.DataFrame:
    """Return every period from the one of ``first`` to the one of ``as_of``.

    Parameters
    ----------
    first, as_of
        A day in the first period; the last day that counts.
    unit
        ``month``, ``quarter`` or ``year``.

    Returns
    -------
    pandas.DataFrame
        ``period`` (first day), ``number`` (adjacent periods differ by one) and ``complete``
        (False where ``as_of`` comes before the period's last day).
    """
    frequency = _FREQUENCIES[unit]
    index = pd.period_range(pd.Period(first, frequency), pd.Period(as_of, frequency))
    complete = index.end_time.normalize() <= pd.Timestamp(as_of)
    return pd.DataFrame({"period": index.start_time, "number": index.asi8, "complete": complete})
