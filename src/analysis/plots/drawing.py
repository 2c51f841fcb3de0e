"""One function that draws any result of a topic; each module of charts registers its own."""

from __future__ import annotations

from functools import singledispatch

from matplotlib.axes import Axes

from analysis.result import Result


@singledispatch
def plot(result: Result, ax: Axes | None = None) -> Axes:
    """Draw a result of a topic.

    Parameters
    ----------
    result
        What a topic's function returned, such as `analysis.portfolio.concentration`.
    ax
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Its title is the result's.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis import portfolio
    >>> from analysis.plots import plot
    >>> result = portfolio.concentration(pd.DataFrame({"net_sales": [10, 20, 30, 40, 100]}))
    >>> plot(result).get_title(loc="left")
    '60.0% of customers make 80% of net sales'
    """
    raise TypeError(f"there is no chart of {type(result).__name__}")
