"""The action plan: what to do with each customer and lead, with which budget, and how sure that is."""

from analysis.actions.budget import ActionPlan, budget_plan
from analysis.actions.control import ControlGroup, control_group, smallest_effect
from analysis.actions.earned import earned
from analysis.actions.effects import Effects, effects
from analysis.actions.exports import plan_files
from analysis.actions.how_sure import HowSure, how_sure
from analysis.actions.overview import overview
from analysis.actions.recommend import recommend
from analysis.actions.words import complaints

__all__ = [
    "ActionPlan",
    "ControlGroup",
    "Effects",
    "HowSure",
    "budget_plan",
    "complaints",
    "control_group",
    "earned",
    "effects",
    "how_sure",
    "overview",
    "plan_files",
    "recommend",
    "smallest_effect",
]
