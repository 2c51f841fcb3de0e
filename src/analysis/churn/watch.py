"""Watch: how customers have changed since the model learned, what became of an earlier run's risks."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analysis.churn.snapshots import Snapshots, feature_label
from analysis.dataset import Dataset
from analysis.errors import CarteraError
from analysis.language import _, date, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Listed
from analysis.statistics import Z_95, Floats, wilson

SLIGHT, LARGE = 0.1, 0.25
_GROUPS = 10  # of the values of a feature
_EMPTY = 0.5  # customers that a group without any is taken to hold
_QUINTILES = 5  # of customers by their earlier risk
_LIST = Path("tables/03_churn/watch_list.parquet")


@or_not_possible
def drift(snapshots: Snapshots) -> Listed | NotPossible:
    """Compare the customers a model learned from with those of today, feature by feature.

    Its table ``drift``, what moved most first: ``feature``; ``psi`` and ``by_chance``, see `stability`;
    ``reading``; ``median_then`` and ``median_now``, where the feature is a number.

    Notes
    -----
    The usual reading of the index: below .1 nothing has changed, up to .25 something, above it much
    (Siddiqi, Credit Risk Scorecards, 2006, after Lewis, An Introduction to Credit Scoring, 1994). What is no
    larger than chance makes it is read as no change.
    """
    then, now, features = snapshots.past, snapshots.today, snapshots.features
    if then.empty or now.empty:
        return NotPossible(_("There are no customers to compare with those the model learned from."))
    frame = pd.DataFrame([stability(then[feature], now[feature]) for feature in features])
    frame.insert(0, "feature", [feature_label(feature) for feature in features])
    changed = (frame["psi"] >= SLIGHT) & (frame["psi"] > frame["by_chance"])
    far = changed & (frame["psi"] > LARGE)
    frame["reading"] = np.select([far, changed], [_("much"), _("something")], _("nothing"))
    for name, side in {"median_then": then, "median_now": now}.items():
        frame[name] = side[[*features]].median(numeric_only=True).reindex([*features]).to_numpy(float)
    frame = frame.sort_values("psi", ascending=False, kind="stable", ignore_index=True)
    text = _(
        "Features that have changed since the model learned: {changed} of {features}, {far} of them much."
    ).format(changed=number(changed.sum()), features=number(len(frame)), far=number(far.sum()))
    return Listed({"drift": frame}, text)


def stability(then: pd.Series, now: pd.Series) -> dict[str, float]:
    """Return the population stability index of a feature, and what it stays below by chance.

    ``psi`` is Σ (share now − share then) × ln(share now ÷ share then) over the groups, which are the deciles
    of ``then``, as far as they differ, or the values of a text; what is missing is a group, and one that is
    empty holds half a customer. ``by_chance`` is the 95 % quantile of χ²(groups − 1) × (1 ÷ customers then +
    1 ÷ customers now) (Yurdakul & Naranjo, Journal of Risk Model Validation 14, 2020).
    """
    sides = [then, now]
    if pd.api.types.is_numeric_dtype(then) and then.notna().any() and now.notna().any():
        values = [side.to_numpy(float, na_value=np.nan) for side in sides]
        edges = np.nanquantile(values[0], np.arange(_GROUPS) / _GROUPS)
        edges[0] = np.nextafter(edges[0], -np.inf)  # what is below all that was seen is a group
        sides = [pd.Series(np.where(np.isnan(side), -1, np.searchsorted(edges, side))) for side in values]
    counted = [side.astype("object").value_counts(dropna=False) for side in sides]
    counts = pd.concat(counted, axis=1).fillna(0).clip(lower=_EMPTY).to_numpy()
    sizes = np.array([len(then), len(now)])
    was, is_now = (counts / sizes).T
    chance = chi2.ppf(0.95, max(len(counts) - 1, 1)) * (1 / sizes).sum()
    return {"psi": float(((is_now - was) * np.log(is_now / was)).sum()), "by_chance": float(chance)}


def earlier_forecast(previous: str | Path | None, dataset: Dataset) -> Listed | NotPossible:
    """Hold the risks that an earlier run left in the folder ``previous`` against what has happened since.

    Its table ``earlier_forecast`` has a row per fifth of the customers by their earlier risk: ``customers``;
    mean ``predicted`` risk; ``observed`` share without a purchase within the days it looked ahead, with its
    95 % interval (Wilson). Before these days have passed there is none, and the sentence says how many have
    bought so far.
    """
    if previous is None:
        return NotPossible(
            _("No earlier run is given: with its folder as 'previous', its risks are held against the facts.")
        )
    folder = Path(previous)
    if not (folder / _LIST).is_file():
        return NotPossible(_("The earlier run in {folder} left no list of risks.").format(folder=folder))
    listed, day, days = _left_in(folder)
    until = min(dataset.as_of, day + dt.timedelta(days=days))
    then, now = (_purchases(dataset, listed["customer_id"], end) for end in (day, until))
    known = listed.assign(absent=then == now)[~np.isnan(then)]
    if until <= day or known.empty:
        message = _("Nothing is known of the customers in {folder} after {day}, its last day.")
        return NotPossible(message.format(folder=folder, day=date(day)))
    risk, absent = known["risk"], int(known["absent"].sum())
    half = Z_95 * float(np.sqrt((risk * (1 - risk)).sum()))
    said = {
        "day": date(day),
        "days": number(days),
        "passed": number((until - day).days),
        "customers": number(len(known)),
        "expected": number(risk.sum()),
        "half": number(half),
        "absent": number(absent),
        "bought": number(len(known) - absent),
        "buyers": number((1 - risk).sum()),
    }
    if (until - day).days < days:
        message = _(
            "{passed} of the {days} days have passed that the run of {day} looked ahead: {bought} of "
            "{customers} customers have bought so far, where it expected {buyers} by the end."
        )
        return Listed({}, message.format(**said))
    text = _(
        "The forecast of {day} expected {expected} of {customers} customers not to buy within {days} days, "
        "give or take {half}; {absent} did not."
    ).format(**said)
    is_true = bool(abs(absent - risk.sum()) <= half)
    found = Finding(
        "churn.earlier_forecast", text, absent, "customers", good=is_true, usual=float(risk.sum())
    )
    quintiles = known.groupby(np.ceil(risk.rank(pct=True) * _QUINTILES))
    table = quintiles.agg(customers=("risk", "size"), predicted=("risk", "mean"), observed=("absent", "mean"))
    low, high = wilson(table["observed"], table["customers"])
    table = table.assign(observed_low=low, observed_high=high).reset_index(drop=True)
    return Listed({"earlier_forecast": table}, text, found)


def _purchases(dataset: Dataset, ids: pd.Series, day: dt.date) -> Floats:
    """Return on how many days each customer had bought by a day; NaN where nothing is known of it."""

    def known(part: Dataset) -> pd.DataFrame:
        bought = part.query("customers", ["customer_id", "purchase_days"], as_of=day)
        return bought[bought["customer_id"].isin(ids)]

    found = dataset.gathered(known).set_index("customer_id")["purchase_days"]
    return found.reindex(ids).to_numpy(float)


def _left_in(folder: Path) -> tuple[pd.DataFrame, dt.date, int]:
    """Return the list of risks in a folder, the last day it counts, and how many days ahead it looks."""
    try:
        listed = pd.read_parquet(folder / _LIST)
        first = listed.iloc[0]
        day = (first["last_purchase"] + pd.Timedelta(days=float(first["days_since_last"]))).date()
        left = json.loads((folder / "findings.json").read_text("utf-8"))
        days = next(int(found["value"]) for found in left if found["id"] == "churn.horizon")
        return listed[["customer_id", "risk"]], day, days
    except (OSError, ValueError, KeyError, TypeError, IndexError, StopIteration) as error:
        message = _("What the earlier run left in {folder} cannot be read: give the folder as it was left.")
        raise CarteraError(message.format(folder=folder)) from error
