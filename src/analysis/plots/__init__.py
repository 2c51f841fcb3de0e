"""Charts: ``plot(result, ax=None)`` draws any result of a topic."""

from analysis.plots import acquisition, churn, churn_contracts, ltv, portfolio, segmentation  # noqa: F401 each registers its charts
from analysis.plots.drawing import plot

__all__ = ["plot"]
