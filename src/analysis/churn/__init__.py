"""Churn: how many customers are lost per period, and who will not buy in the next days.

The rate by period (``rates``); how far ahead to look (``horizon``); what is known of each customer on a day
(``snapshots``); a model of who will not buy (``model``); whether it beats a simple rule (``evaluation``); and
today's customers by risk (``risks``). Who still buys, but no longer a product group: ``lapsed_lines``; what
has changed since the model learned, and what became of an earlier run's risks: ``watch``. Who has a contract
gives notice: ``contracts``, with the model of ``shifted_beta_geometric``.
"""

from analysis.churn.contracts import (
    Contracts,
    ContractsCheck,
    ContractValue,
    contract_terms,
    contract_value,
    contracts,
    contracts_check,
)
from analysis.churn.evaluation import Calibration, Ranking, Scored, calibration, ranking, rule_name, score
from analysis.churn.horizon import Horizon, horizon, return_curve
from analysis.churn.lapsed_lines import lapsed_check, lapsed_lines, lapsed_profile, rhythm
from analysis.churn.model import ChurnModel, Effects, default_pipeline, effects, fit, side_by_side
from analysis.churn.rates import ChurnRates, rates
from analysis.churn.risks import Risks, profile, risks
from analysis.churn.shifted_beta_geometric import Tenures, fit_retention
from analysis.churn.snapshots import FEATURES, Snapshots, feature_label, snapshot, snapshots
from analysis.churn.watch import drift, earlier_forecast, stability

__all__ = [
    "FEATURES",
    "Calibration",
    "ChurnModel",
    "ChurnRates",
    "ContractValue",
    "Contracts",
    "ContractsCheck",
    "Effects",
    "Horizon",
    "Ranking",
    "Risks",
    "Scored",
    "Snapshots",
    "Tenures",
    "calibration",
    "contract_terms",
    "contract_value",
    "contracts",
    "contracts_check",
    "default_pipeline",
    "drift",
    "earlier_forecast",
    "effects",
    "feature_label",
    "fit",
    "fit_retention",
    "horizon",
    "lapsed_check",
    "lapsed_lines",
    "lapsed_profile",
    "profile",
    "ranking",
    "rates",
    "return_curve",
    "rhythm",
    "risks",
    "rule_name",
    "score",
    "side_by_side",
    "snapshot",
    "snapshots",
    "stability",
]
