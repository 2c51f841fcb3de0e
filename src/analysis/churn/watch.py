"""Watch: how customers have changed since the model learned, what became of an earlier run's risks."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2
from sklearn.metrics import roc_auc_score

from analysis.churn.snapshots import feature_label
from analysis.dataset import Dataset
from analysis.errors import CarteraError
from analysis.language import _, date, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Listed
from analysis.statistics import Z_95, Floats, wilson

SLIGHT, LARGE = 0.1, 0.25
MIN_OF_EACH = 10  # who bought, and who did not, to tell how well risks ranked
_GROUPS = 10  # of the values of a feature
_EMPTY = 0.5  # customers that a group without any is taken to hold
_FIFTHS = 5  # of customers by their earlier risk
_LIST = Path("tables/03_churn/watch_list.parquet")


@or_not_possible
def drift(then: pd.DataFrame, now: pd.DataFrame, features: Sequence[str]) -> Listed | NotPossible:
    """Compare the customers a model learned from with those it speaks of, feature by feature.

    Parameters
    ----------
    then, now
        The same columns of both.
    features
        What to compare.

    Returns
    -------
    Listed or NotPossible
        Its table ``drift``, what moved most first: ``feature``; ``psi`` and ``by_chance``, see `stability`;
        ``reading``; ``median_then`` and ``median_now``, where the feature is a number.

    Notes
    -----
    The usual reading of the index: below .1 nothing has changed, up to .25 something, above it much
    (Siddiqi, Credit Risk Scorecards, 2006, after Lewis, An Introduction to Credit Scoring, 1994). What is no
    larger than chance makes it is read as no change.
    """
    if then.empty or now.empty:
        return NotPossible(_("There are no customers to compare with those the model learned from."))
    frame = pd.DataFrame([stability(then[feature], now[feature]) for feature in features])
    frame.insert(0, "feature", [feature_label(feature) for feature in features])
    changed = (frame["psi"] >= SLIGHT) & (frame["psi"] > frame["by_chance"])
    far = changed & (frame["psi"] > LARGE)
    frame["reading"] = np.select([far, changed], [_("much"), _("something")], _("nothing"))
    frame = frame.sort_values("psi", ascending=False, kind="stable", ignore_index=True)
    message = (
        _(
            "Features that have changed much since the model learned: {far} of {features}, “{most}” most. "
            "The model speaks of customers of whose kind it has seen few."
        )
        if far.any()
        else _(
            "Features that have changed since the model learned: {changed} of {features}, none of them much."
        )
    )
    text = message.format(
        features=number(len(frame)),
        far=number(far.sum()),
        changed=number(changed.sum()),
        most=frame["feature"].iloc[0],
    )
    return Listed({"drift": frame}, text)


def stability(then: pd.Series, now: pd.Series) -> dict[str, float]:
    """Return the population stability index of a feature, and what it stays below by chance.

    Returns
    -------
    dict
        ``psi``: Σ (share now − share then) × ln(share now ÷ share then) over the groups, which are the
        deciles of ``then``, as far as they differ, or the values of a text; what is missing is a group, and
        one that is empty holds half a customer. ``by_chance``: the 95 % quantile of χ²(groups − 1) × (1 ÷
        customers then + 1 ÷ customers now), for samples of one population (Yurdakul & Naranjo, Journal of
        Risk Model Validation 14, 2020). ``median_then`` and ``median_now`` of a number.

    Examples
    --------
    >>> found = stability(pd.Series([*"aaaaabbbbb"]), pd.Series([*"aaaaaabbbb"]))
    >>> round(found["psi"], 4)  # .1 × ln(.6 ÷ .5) − .1 × ln(.4 ÷ .5)
    0.0405
    """
    sides, medians = [then, now], {}
    if pd.api.types.is_numeric_dtype(then) and then.notna().any() and now.notna().any():
        values = [side.to_numpy(float, na_value=np.nan) for side in sides]
        medians = {
            "median_then": float(np.nanmedian(values[0])),
            "median_now": float(np.nanmedian(values[1])),
        }
        edges = np.nanquantile(values[0], np.arange(_GROUPS) / _GROUPS)
        edges[0] = np.nextafter(edges[0], -np.inf)  # what is below all that was seen is a group
        edges = np.unique(edges)
        sides = [pd.Series(np.where(np.isnan(side), -1, np.searchsorted(edges, side))) for side in values]
    counted = [side.astype("object").value_counts(dropna=False) for side in sides]
    counts = pd.concat(counted, axis=1).fillna(0).clip(lower=_EMPTY).to_numpy()
    sizes = np.array([len(then), len(now)])
    was, is_now = (counts / sizes).T
    index = float(((is_now - was) * np.log(is_now / was)).sum())
    chance = float(chi2.ppf(0.95, max(len(counts) - 1, 1)) * (1 / sizes).sum())
    return {"psi": index, "by_chance": chance} | medians


def earlier_forecast(previous: str | Path | None, dataset: Dataset) -> Listed | NotPossible:
    """Hold the risks that an earlier run left against what has happened since.

    Parameters
    ----------
    previous
        Folder of the earlier report, or of what ``03_churn`` alone left in ``out``; None: not given.
    dataset
        The data as they are now.

    Returns
    -------
    Listed or NotPossible
        Its table ``earlier_forecast`` has a row per fifth of the customers by their earlier risk:
        ``customers``; mean ``predicted`` risk; ``observed`` share without a purchase within the days it
        looked ahead, with its 95 % interval (Wilson). Before these days have passed there is none, and the
        sentence says how many have bought so far. It tells how well the risks ranked, where 10 bought and 10
        did not.

    Raises
    ------
    CarteraError
        If what the earlier run left cannot be read.
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
    customers = [dataset.query("customers", as_of=end).set_index("customer_id") for end in (day, until)]
    then, now = (frame["purchase_days"].reindex(listed["customer_id"]).to_numpy() for frame in customers)
    known = listed.assign(absent=then == now)[~np.isnan(then)]
    if until <= day or known.empty:
        return NotPossible(
            _(
                "Nothing has followed the run in {folder}: it counts to {day}, not to an earlier day than "
                "this one, or it is of other customers."
            ).format(folder=folder, day=date(day))
        )
    return _facts(known, day, days, until)


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


def _facts(known: pd.DataFrame, day: dt.date, days: int, until: dt.date) -> Listed:
    """Say what became of each customer's ``risk``: ``absent`` is who has not bought since."""
    risk, absent = known["risk"].to_numpy(float), known["absent"].to_numpy(bool)
    half = Z_95 * float(np.sqrt((risk * (1 - risk)).sum()))
    is_over, is_true = (until - day).days >= days, abs(absent.sum() - risk.sum()) <= half
    if is_over:
        message = _(
            "On {day} {expected} of {customers} active customers were expected not to buy within {days} "
            "days, give or take {half} by chance; {absent} did not."
        )
    else:
        message = _(
            "{passed} of the {days} days have passed that the run of {day} looked ahead: {bought} of "
            "{customers} customers have bought so far, where it expected {buyers} by the end."
        )
    text = message.format(
        day=date(day),
        days=number(days),
        passed=number((until - day).days),
        customers=number(len(risk)),
        expected=number(risk.sum()),
        half=number(half),
        absent=number(absent.sum()),
        bought=number((~absent).sum()),
        buyers=number((1 - risk).sum()),
    )
    if min(absent.sum(), (~absent).sum()) >= MIN_OF_EACH:
        text += " " + _ranked(risk, absent)
    found = Finding(
        "churn.earlier_forecast", text, int(absent.sum()), "customers", good=is_true if is_over else None
    )
    return Listed({"earlier_forecast": _fifths(known)} if is_over else {}, text, found)


def _ranked(risk: Floats, absent: npt.NDArray[np.bool_]) -> str:
    """Say how well the risks ranked, with the 95 % interval of Hanley & McNeil (1982)."""
    auc = float(roc_auc_score(absent, risk))
    away, came = int(absent.sum()), int((~absent).sum())
    of_away, of_came = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    variance = (auc * (1 - auc) + (away - 1) * of_away + (came - 1) * of_came) / (away * came)
    half = Z_95 * float(np.sqrt(variance))
    return _(
        "Of two customers, one who bought and one who did not, the risk told which is which {auc} of the "
        "time ({low} to {high})."
    ).format(auc=percent(auc), low=percent(max(auc - half, 0)), high=percent(min(auc + half, 1)))


def _fifths(known: pd.DataFrame) -> pd.DataFrame:
    """Return the mean risk in fifths of the customers, and the share who then did not buy."""
    grouped = known.groupby(np.ceil(known["risk"].rank(pct=True) * _FIFTHS))
    table = grouped.agg(customers=("risk", "size"), predicted=("risk", "mean"), observed=("absent", "mean"))
    low, high = wilson(table["observed"], table["customers"])
    return table.assign(observed_low=low, observed_high=high).reset_index(drop=True)
