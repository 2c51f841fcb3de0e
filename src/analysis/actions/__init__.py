"""The action plan: what to do with each customer and lead, with which budget, and how sure that is."""

from analysis.actions.advice import Advice, advise
from analysis.actions.budget import ActionPlan, budget_plan
from analysis.actions.control import ControlGroup, control_group, smallest_effect
from analysis.actions.earned import earned
from analysis.actions.effects import Effects, effects
from analysis.actions.exports import plan_files
from analysis.actions.how_sure import HowSure, how_sure
from analysis.actions.overview import counted, overview
from analysis.actions.recommend import recommend
from analysis.actions.words import complaints

__all__ = [
    "ActionPlan",
    "Advice",
    "ControlGroup",
    "Effects",
    "HowSure",
    "advise",
    "budget_plan",
    "complaints",
    "control_group",
    "counted",
    "earned",
    "effects",
    "how_sure",
    "overview",
    "plan_files",
    "recommend",
    "smallest_effect",
]
