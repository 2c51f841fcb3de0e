"""Leads of demo portfolios: their chances on the day they come in, against the truth of that day."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from analysis.acquisition.lead_scores import RULES, chances, lead_history, lead_scores, standing
from analysis.churn.evaluation import error_by_chance, measures
from analysis.demo import generate
from analysis.profitability import choose_margins
from tables import answering

AS_OF, HORIZON, YEARS = dt.date(2025, 12, 31), 90, 2
NOBODY = pd.DataFrame(
    {"lead_id": pd.Series(dtype="str"), "won": pd.Series(dtype="datetime64[us]")}
    | {name: pd.Series(dtype="float64") for name in ("estimated_value", "first_year")}
)
MARGINS = choose_margins(pd.DataFrame(), 0.4)


def leads_alone(frame: pd.DataFrame, as_of: dt.date, earlier: pd.DataFrame = NOBODY) -> SimpleNamespace:
    """Return a data set of these leads and of nothing else; a column holds data where it is not empty."""
    known = set(frame.columns[frame.notna().any()])
    made = answering(as_of, {"leads": known}, lead_records=frame, lead_first_year=earlier)
    made.stages = ()
    return made


def trial(customers: int, seed: int) -> dict[str, float]:
    """Return how good chances are: of open leads at the check, and of leads of two years as they come in.

    ``auc`` and ``error`` (of calibration, with what true chances would show ``by_chance``) at the check;
    ``came_auc`` against ``ceiling``, that of the truth; ``off``, the mean distance from the truth; ``mean``
    chance and the ``true`` one.
    """
    demo = generate(customers, seed)
    leads = demo.tables["leads"]
    dataset = leads_alone(leads, AS_OF)
    made = lead_scores(dataset, MARGINS)
    goal, told = made.check["goal"].to_numpy(bool), made.check[made.rule].to_numpy(float)
    error, auc = measures(goal, told, np.ones((1, len(goal))))[2:4, 0]
    history, last = lead_history(dataset), pd.Timestamp(AS_OF) - pd.Timedelta(days=HORIZON)
    cut = last - pd.DateOffset(years=YEARS)
    learn = standing(
        history, pd.date_range(end=cut - pd.Timedelta(days=HORIZON), periods=60, freq="15D"), HORIZON
    )
    days = sorted(day for day in history["created"].unique() if cut < day <= last)
    came = standing(history, days, HORIZON).query("age == 0")
    true = came["lead_id"].map(pd.Series(demo.truth.leads.to_numpy(), leads["lead_id"])).to_numpy(float)
    given = chances(learn, came, RULES["model"])
    return {
        "model": float(made.rule == "model"),
        "auc": auc,
        "error": error,
        "by_chance": error_by_chance(told),
        "came_auc": roc_auc_score(came["goal"], given),
        "ceiling": roc_auc_score(came["goal"], true),
        "off": float(np.abs(given - true).mean()),
        "mean": float(given.mean()),
        "true": float(true.mean()),
    }
