"""Churn: how many customers are lost per period, and who will not buy in the next days.

The rate by period (``rates``); how long customers stay (``survival``); how far ahead to look (``horizon``);
what is known of each customer on a day (``snapshots``); models of who will not buy (``model``); which of them
beats the simple rules (``evaluation``); what it rests on (``importance``); and today's customers by risk
(``risks``), each with its reasons (``risk_reasons``). What past campaigns changed is in ``campaigns``, and
whom it pays to contact in ``contact_value``. Who still buys, but no longer a product group:
``lapsed_lines``; what has changed since the model learned, and what became of an earlier run's risks:
``watch``. Who has a contract gives notice: ``contracts``, with the model of ``shifted_beta_geometric``.
"""

from analysis.churn.campaigns import campaign_contacts, campaign_effects, effects_by_risk, risk_on
from analysis.churn.contact_value import contact_terms, contact_value, worth_contacting
from analysis.churn.contract_value import contract_value
from analysis.churn.contracts import contract_lives, contract_terms, contracts, contracts_check
from analysis.churn.evaluation import calibration, contest, forecast, in_full, latest
from analysis.churn.horizon import Horizon, horizon, return_curve
from analysis.churn.importance import importance
from analysis.churn.lapsed_lines import lapsed_check, lapsed_lines, lapsed_profile, rhythm
from analysis.churn.model import default_models, fit, tuned
from analysis.churn.rates import other_horizons, rates, rates_by
from analysis.churn.risks import Risks, profile, risk_today, risks, scored
from analysis.churn.shifted_beta_geometric import Tenures, fit_retention
from analysis.churn.snapshots import Snapshots, mean_gap, snapshot, snapshots, usual_gaps
from analysis.churn.survival import kaplan_meier, known_groups, silence_lives, survival, survival_by
from analysis.churn.watch import drift, earlier_forecast, stability

__all__ = [
    "Horizon",
    "Risks",
    "Snapshots",
    "Tenures",
    "calibration",
    "campaign_contacts",
    "campaign_effects",
    "contact_terms",
    "contact_value",
    "contest",
    "contract_lives",
    "contract_terms",
    "contract_value",
    "contracts",
    "contracts_check",
    "default_models",
    "drift",
    "earlier_forecast",
    "effects_by_risk",
    "fit",
    "fit_retention",
    "forecast",
    "horizon",
    "importance",
    "in_full",
    "kaplan_meier",
    "known_groups",
    "lapsed_check",
    "lapsed_lines",
    "lapsed_profile",
    "latest",
    "mean_gap",
    "other_horizons",
    "profile",
    "rates",
    "rates_by",
    "return_curve",
    "rhythm",
    "risk_on",
    "risk_today",
    "risks",
    "scored",
    "silence_lives",
    "snapshot",
    "snapshots",
    "stability",
    "survival",
    "survival_by",
    "tuned",
    "usual_gaps",
    "worth_contacting",
]
