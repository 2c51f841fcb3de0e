"""One function that draws any result of a topic; each module of charts registers its own.

A topic's charts are imported when the first of them is drawn: all topics together take a second.
"""

from __future__ import annotations

from functools import singledispatch
from importlib import import_module
from importlib.util import find_spec

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
        Its figure's title is the result's.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis import portfolio
    >>> from analysis.plots import plot
    >>> result = portfolio.concentration(pd.DataFrame({"net_sales": [10, 20, 30, 40, 100]}))
    >>> plot(result).figure.get_suptitle()
    '60.0% of customers make 80% of net sales'
    """
    topic = type(result).__module__.removeprefix("analysis.").partition(".")[0]
    if find_spec(f"analysis.plots.{topic}"):
        import_module(f"analysis.plots.{topic}")
    chart = plot.dispatch(type(result))
    if chart is plot.dispatch(object):
        raise TypeError(f"there is no chart of {type(result).__name__}")
    return chart(result, ax)
