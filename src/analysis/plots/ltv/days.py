"""Where dates stand on an axis."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.dates import date2num


def day(value: dt.date) -> float:
    """Return where a date stands on an axis of dates."""
    return float(date2num(value))  # type: ignore[no-untyped-call]


def days(values: pd.Series) -> npt.NDArray[np.float64]:
    """Return where dates stand on an axis of dates."""
    return np.asarray(date2num(values.to_numpy()), np.float64)  # type: ignore[no-untyped-call]
