"""Churn: how many customers are lost per period, and who will not buy in the next days.

The rate by period (``rates``); how far ahead to look (``horizon``); what is known of each customer on a day
(``snapshots``); models of who will not buy (``model``); which of them beats the simple rules
(``evaluation``); what it rests on (``importance``); and today's customers by risk (``risks``), each with its
``reasons``. Who has a contract gives notice: ``contracts``, with the model of ``shifted_beta_geometric``.
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
from analysis.churn.evaluation import (
    Calibration,
    Contest,
    against,
    calibration,
    contest,
    in_full,
    latest,
    rule_name,
    side_by_side,
)
from analysis.churn.horizon import Horizon, horizon, return_curve
from analysis.churn.importance import Importance, importance
from analysis.churn.model import BASELINES, ChurnModel, default_models, fit, tuned
from analysis.churn.rates import ChurnRates, rates
from analysis.churn.risks import Risks, profile, risks
from analysis.churn.shifted_beta_geometric import Tenures, fit_retention
from analysis.churn.snapshots import FEATURES, Snapshots, feature_label, snapshot, snapshots

__all__ = [
    "BASELINES",
    "FEATURES",
    "Calibration",
    "ChurnModel",
    "ChurnRates",
    "Contest",
    "ContractValue",
    "Contracts",
    "ContractsCheck",
    "Horizon",
    "Importance",
    "Risks",
    "Snapshots",
    "Tenures",
    "against",
    "calibration",
    "contest",
    "contract_terms",
    "contract_value",
    "contracts",
    "contracts_check",
    "default_models",
    "feature_label",
    "fit",
    "fit_retention",
    "horizon",
    "importance",
    "in_full",
    "latest",
    "profile",
    "rates",
    "return_curve",
    "risks",
    "rule_name",
    "side_by_side",
    "snapshot",
    "snapshots",
    "tuned",
]
