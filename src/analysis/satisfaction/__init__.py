"""Satisfaction: how content customers are, whom that concerns, what came before and after, and loyalty."""

from analysis.satisfaction.afterwards import Afterwards, afterwards, late_deliveries
from analysis.satisfaction.answers import Answers, answers, profile
from analysis.satisfaction.detractors import detractors, loyalty, words
from analysis.satisfaction.nps import Nps, by_group, customers_of, nps, response

__all__ = [
    "Afterwards",
    "Answers",
    "Nps",
    "afterwards",
    "answers",
    "by_group",
    "customers_of",
    "detractors",
    "late_deliveries",
    "loyalty",
    "nps",
    "profile",
    "response",
    "words",
]
