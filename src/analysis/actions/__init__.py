"""The action plan: what to do with each customer and lead, with which budget, and how sure that is."""

from analysis.actions.budget import ActionPlan, budget_plan
from analysis.actions.effects import Effects, effects
from analysis.actions.recommend import recommend
from analysis.actions.words import complaints

__all__ = ["ActionPlan", "Effects", "budget_plan", "complaints", "effects", "recommend"]
