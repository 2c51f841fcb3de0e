"""The demo portfolio: a distributor's data, generated from a seed, of which the truth is known."""

from analysis.demo.demo_portfolio import Demo, generate
from analysis.demo.export import write
from analysis.demo.truth import Truth, probability_to_buy, state_on

__all__ = ["Demo", "Truth", "generate", "probability_to_buy", "state_on", "write"]
