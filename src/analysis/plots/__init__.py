"""Charts: ``plot(result, ax=None)`` draws any result of a topic."""

from analysis.plots.drawing import plot

__all__ = ["plot"]
