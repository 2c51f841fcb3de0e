"""What a contact is expected to bring: the purchase that would not have come without it.

Campaigns measure one thing, whether customers buy in the days after a contact; so that is what counts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.churn.campaigns import MIN_ARM, CampaignEffects, RiskEffects, effect_of
from analysis.dataset.action_table import Action
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow
from analysis.profitability.margins import ASSUMED_RATE

LIFTS = ["uplift", "low", "high"]
YEAR = 364  # days that expected purchases and CLV of the customer profile look ahead
_LEAST = 1e-3  # share that bought, and that did not, at least: no effect is without bounds


def base(customers: pd.DataFrame, days: int) -> pd.Series:
    """Return the probability that customers of the profile buy within the days on their own.

    P(alive) × (1 − exp(−expected purchases ÷ P(alive) × days ÷ 364)): purchases come at random while the
    customer is there. Where no purchases are expected of anybody, 1 − risk.
    """
    alive = customers["p_alive"].fillna(1.0).clip(lower=_LEAST)
    buys = -alive * np.expm1(-customers["expected_purchases"] / alive * days / YEAR)
    found: pd.Series = buys.fillna(1 - customers["risk"]).clip(0, 1)
    return found


def changed(base: pd.Series, uplift: pd.Series | float) -> pd.Series:
    """Return by how much a contact changes that probability p: (1 − p) − (1 − p)^(1 + uplift).

    As if it multiplied the chance of every day by 1 + uplift: it does little for those who come anyway, and
    nothing for those who have left.
    """
    return (1 - base) - (1 - base) ** (1 + uplift)


def purchase_value(customers: pd.DataFrame) -> pd.Series:
    """Return the margin of a purchase: CLV ÷ expected purchases, else what those so far brought."""
    sold = customers["net_sales"].where(customers["net_sales"] > 0)
    rate = (1 - customers["cost"] / sold).where(customers["cost"] > 0, ASSUMED_RATE)
    so_far = sold / customers["purchase_days"] * rate
    expected = customers["expected_purchases"].where(customers["expected_purchases"] > 0)
    return (customers["clv"] / expected).fillna(so_far).clip(lower=0)


def of_risk(lifts: pd.DataFrame, risk: pd.Series) -> pd.DataFrame:
    """Return the row of ``lifts`` that holds for each risk; where that is not known, the last."""
    place = np.searchsorted(lifts["risk_high"].iloc[:-1], risk.fillna(1.0))
    return lifts.iloc[place].set_index(risk.index)


def expected(customers: pd.DataFrame, lifts: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return what a contact is expected to bring with each customer of the profile.

    ``lifts`` has ``risk_high``, up to which risk a row holds, `LIFTS` and ``cost``. The columns are those of
    the table ``contact_value`` of `analysis.churn.contact_value`, with ``uplift`` and ``cost``.
    """
    own = of_risk(lifts, customers["risk"])
    found = customers[["customer_id", "risk"]].assign(
        base=base(customers, days), uplift=own["uplift"], purchase_margin=purchase_value(customers)
    )
    found["chance"] = changed(found["base"], own["uplift"])
    for lift, gain in zip(LIFTS, ("expected_gain", "gain_low", "gain_high"), strict=True):
        found[gain] = changed(found["base"], own[lift]) * found["purchase_margin"] - own["cost"]
    margin = found["purchase_margin"]
    return found.assign(cost=own["cost"], break_even=own["cost"] / margin.where(margin > 0))


def assumed(rule: Action, uplift: float | None) -> pd.DataFrame:
    """Return what a rule assumes, in the form of `on_active`; an ``uplift`` that is given has no interval."""
    told = rule.model_dump(include={"cost", *LIFTS})
    given = {} if uplift is None else {"uplift": uplift, "low": np.nan, "high": np.nan}
    return pd.DataFrame([{"campaign": "", "risk_high": 1.0, **told, **given}])


def on_active(
    measured: CampaignEffects | NotPossible, by_risk: RiskEffects | NotPossible | None
) -> pd.DataFrame:
    """Return what the latest campaign to active customers changed, by risk where groups differ.

    Returns
    -------
    pandas.DataFrame
        A row for each group of risk, up to ``risk_high``: ``uplift``, how much more often customers buy
        because of a contact, ``low`` and ``high``; ``campaign`` and ``cost``. Without rows if none was
        measured.
    """
    if isinstance(measured, NotPossible):
        return pd.DataFrame()
    campaign = measured.for_active.assign(risk_high=1.0)
    if len(campaign) and isinstance(by_risk, RiskEffects) and by_risk.differs:
        one = campaign.iloc[0]
        campaign = by_risk.frame.assign(campaign=one["campaign"], cost=one["cost"])
        campaign["risk_high"] = [*campaign["risk_high"][:-1], 1.0]
    return _lifted(campaign)


def on_inactive(
    measured: CampaignEffects | NotPossible, window: ActivityWindow | NotPossible
) -> pd.DataFrame:
    """Return what the campaign whose effect is surest changed for customers inactive on its day."""
    if isinstance(measured, NotPossible) or isinstance(window, NotPossible):
        return pd.DataFrame()
    rows = []
    for campaign in measured.frame.query("balanced").to_dict("records"):
        sent = measured.contacts[measured.contacts["campaign"] == campaign["campaign"]]
        those = sent[sent["days_since_last"] > window.days]
        if MIN_ARM <= those["treated"].sum() <= len(those) - MIN_ARM:
            rows.append(campaign | effect_of(those) | {"risk_high": 1.0})
    return _lifted(pd.DataFrame(rows).sort_values("effect_low").tail(1)) if rows else pd.DataFrame()


def _lifted(campaign: pd.DataFrame) -> pd.DataFrame:
    """Return effects on how often customers buy: ln(1 − share, contacted) ÷ ln(1 − share, left alone) − 1."""
    found = campaign.reindex(columns=["campaign", "cost", "risk_high"])
    control = campaign["bought_control"].clip(_LEAST, 1 - _LEAST)
    for lift, by in zip(LIFTS, ("effect", "effect_low", "effect_high"), strict=True):
        treated = (campaign["bought_control"] + campaign[by]).clip(0, 1 - _LEAST)
        found[lift] = np.log1p(-treated) / np.log1p(-control) - 1
    return found
