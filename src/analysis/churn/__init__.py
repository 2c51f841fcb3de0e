"""Churn: how many customers are lost per period, and who will not buy in the next days.

The rate by period (``rates``); how long customers stay (``survival``); how far ahead to look (``horizon``);
what is known of each customer on a day (``snapshots``); a model of who will not buy (``model``); whether it
beats a simple rule (``evaluation``); and today's customers by risk (``risks``). What past campaigns changed
is in ``campaigns``, and whom it pays to contact in ``contact_value``. Who still buys, but no longer a
product group: ``lapsed_lines``; what has changed since the model learned, and what became of an earlier
run's risks: ``watch``. Who has a contract gives notice: ``contracts``, with the model of
``shifted_beta_geometric``.
"""

from analysis.churn.campaigns import (
    CampaignEffects,
    RiskEffects,
    campaign_contacts,
    campaign_effects,
    effect_of,
    effects_by,
    effects_by_risk,
    risk_on,
    success_of,
)
from analysis.churn.contact_value import ContactValue, contact_value, worth_contacting
from analysis.churn.contract_value import ContractValue, contract_value
from analysis.churn.contracts import (
    Contracts,
    ContractsCheck,
    contract_terms,
    contracts,
    contracts_check,
)
from analysis.churn.evaluation import Calibration, Ranking, Scored, calibration, ranking, rule_name, score
from analysis.churn.groups import known_groups
from analysis.churn.horizon import Horizon, horizon, return_curve
from analysis.churn.lapsed_lines import lapsed_check, lapsed_lines, lapsed_profile, rhythm
from analysis.churn.model import ChurnModel, Effects, default_pipeline, effects, fit, side_by_side
from analysis.churn.rates import ChurnRates, other_horizons, rates, rates_by
from analysis.churn.risks import Risks, profile, risks
from analysis.churn.shifted_beta_geometric import Tenures, fit_retention
from analysis.churn.snapshots import FEATURES, Snapshots, feature_label, snapshot, snapshots
from analysis.churn.survival import (
    Lives,
    Survival,
    SurvivalBy,
    contract_lives,
    kaplan_meier,
    silence_lives,
    survival,
    survival_by,
)
from analysis.churn.watch import drift, earlier_forecast, stability

__all__ = [
    "FEATURES",
    "Calibration",
    "CampaignEffects",
    "ChurnModel",
    "ChurnRates",
    "ContactValue",
    "ContractValue",
    "Contracts",
    "ContractsCheck",
    "Effects",
    "Horizon",
    "Lives",
    "Ranking",
    "RiskEffects",
    "Risks",
    "Scored",
    "Snapshots",
    "Survival",
    "SurvivalBy",
    "Tenures",
    "calibration",
    "campaign_contacts",
    "campaign_effects",
    "contact_value",
    "contract_lives",
    "contract_terms",
    "contract_value",
    "contracts",
    "contracts_check",
    "default_pipeline",
    "drift",
    "earlier_forecast",
    "effect_of",
    "effects",
    "effects_by",
    "effects_by_risk",
    "feature_label",
    "fit",
    "fit_retention",
    "horizon",
    "kaplan_meier",
    "known_groups",
    "lapsed_check",
    "lapsed_lines",
    "lapsed_profile",
    "other_horizons",
    "profile",
    "ranking",
    "rates",
    "rates_by",
    "return_curve",
    "rhythm",
    "risk_on",
    "risks",
    "rule_name",
    "score",
    "side_by_side",
    "silence_lives",
    "snapshot",
    "snapshots",
    "stability",
    "success_of",
    "survival",
    "survival_by",
    "worth_contacting",
]
