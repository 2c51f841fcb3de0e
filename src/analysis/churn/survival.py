"""How long customers stay, by tenure and between groups; who is still here is never counted as lost.

A contract ends on a known day. Without one the event is the start of a silence longer than the activity
window, and is called that: many such customers come back.
"""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf, logrank

from analysis.dataset import Dataset
from analysis.display_names import COLUMNS
from analysis.language import _, listing, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTH_DAYS
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Listed

MIN_EVENTS = 10  # fewer ends tell no curve
BY_CHANCE = 0.05  # a p-value below which a group differs from the others by more than chance
MIN_SIZE, MOST_GROUPS = 30, 6  # customers of a group that is compared, and how many groups
GROUPS = ("cohort", "plan", "acquisition_channel", "sector")
BANDS = np.array([-1, 0, 3, 6, 12, 24, 36, 48, 60, 72, 84, 96, 108, 120, np.inf])  # months; up to 0: at once


@dataclass(frozen=True)
class Lives:
    """How long each contract, or each customer without one, has lasted.

    ``frame`` has one row each: ``customer_id``; ``months`` observed; ``ended``, whether it then ended: False
    while it goes on, whatever becomes of it; and what is known of ``GROUPS``. A silence has begun after more
    days than ``window``, which is None for contracts.
    """

    frame: pd.DataFrame = field(repr=False)
    window: int | None = None


def known_groups(dataset: Dataset, as_of: dt.date | None = None) -> pd.DataFrame:
    """Return by ``customer_id`` their ``acquisition_channel`` and ``sector``, of what is known.

    The channel is that of the table of customers; where it gives none, the one of the first sale, of the
    sales until ``as_of``.
    """
    known = dataset.tables.get("customers", frozenset())
    records = dataset.query("customer_records").set_index("customer_id") if known else pd.DataFrame()
    found = records[[name for name in GROUPS[2:] if name in known]]
    if "acquisition_channel" not in found and "channel" in dataset.columns:
        first = dataset.query("customer_channels", as_of=as_of or dataset.as_of).set_index("customer_id")
        found = found.join(first["first_channel"].rename("acquisition_channel"), how="outer")
    return found


@or_not_possible
def silence_lives(dataset: Dataset, window: ActivityWindow) -> Lives:
    """Return how long customers have bought until the first silence longer than the activity window.

    Only silences that began a window before the last day or earlier are known: all customers are observed up
    to that day, and who first bought later is left out.
    """
    known_until = pd.Timestamp(dataset.as_of) - pd.Timedelta(days=window.days)
    gaps = dataset.query("long_gaps", months=max((window.days - 29) // 31, 0))
    silent = (gaps["until"] - gaps["since"]).dt.days > window.days
    customers = dataset.query("customers")
    frame = customers.loc[customers["first_purchase"] < known_until, ["customer_id", "first_purchase"]]
    first = gaps[silent].groupby("customer_id")["since"].min().reindex(frame["customer_id"])
    since = pd.Series(pd.to_datetime(first).to_numpy(), frame.index)
    frame = frame.assign(
        months=(since.fillna(known_until) - frame["first_purchase"]).dt.days / MONTH_DAYS,
        ended=since.notna(),
        cohort=frame["first_purchase"].dt.year.astype(str),
    )
    return Lives(grouped(frame, known_groups(dataset)), window.days)


def grouped(frame: pd.DataFrame, groups: pd.DataFrame | None) -> pd.DataFrame:
    """Return what `Lives` says of each, with what is known of ``GROUPS``."""
    known = frame if groups is None or groups.empty else frame.join(groups, on="customer_id")
    kept = [name for name in GROUPS if name in known and known[name].notna().any()]
    return known[["customer_id", "months", "ended", *kept]]


def kaplan_meier(lives: pd.DataFrame) -> pd.DataFrame:
    """Estimate the share still there by tenure (Kaplan & Meier 1958), with its 95 % band.

    Returns
    -------
    pandas.DataFrame
        One row per length seen, ascending: ``months``; ``at_risk``, observed at least that long; ``ended``
        then; ``share`` still there after it, and its interval ``low``, ``high`` on the scale of log(−log).
    """
    seen = ecdf(_censored(lives)).sf
    with warnings.catch_warnings():  # before the first end and after the last there is no interval
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        band = seen.confidence_interval(0.95, method="log-log")
    counts = lives.groupby("months")["ended"].agg(["size", "sum"])
    share = seen.probabilities
    low, high = (np.where(np.isnan(end.probabilities), share, end.probabilities) for end in band)
    return pd.DataFrame(
        {
            "months": seen.quantiles,
            "at_risk": counts["size"][::-1].cumsum()[::-1].to_numpy(),
            "ended": counts["sum"].to_numpy(np.int64),
            "share": share,
            "low": low,
            "high": np.where(share > 0, high, pd.Series(high).shift(fill_value=1.0)),
        }
    )


def _censored(lives: pd.DataFrame) -> CensoredData:
    return CensoredData.right_censored(lives["months"].to_numpy(float), ~lives["ended"].to_numpy(bool))


def _median(curve: pd.DataFrame) -> list[float]:
    """Return the months after which half are gone, and its interval; NaN where that was not observed."""
    return [curve["months"].where(curve[name] <= 0.5 + 1e-12).min() for name in ("share", "low", "high")]


def _left(curve: pd.DataFrame, months: list[float]) -> pd.DataFrame:
    """Return the share still there after so many months, and its interval; NaN beyond what was observed."""
    seen: pd.DataFrame = curve.set_index("months")[["share", "low", "high"]]
    return seen.reindex(months, method="ffill").fillna(1.0).loc[: seen.index[-1]].reindex(months)


@dataclass(frozen=True, kw_only=True)
class Survival(Listed):
    """What share is still there by tenure: whose, and what `kaplan_meier` gives."""

    name: ClassVar[str] = "survival"
    is_drawn: ClassVar[bool] = True
    lives: Lives
    curve: pd.DataFrame = field(repr=False)


@or_not_possible
def survival(lives: Lives) -> Survival | NotPossible:
    """Return what share is still there by tenure, after how long half are gone, and how many end when."""
    ended = int(lives.frame["ended"].sum())
    if ended < MIN_EVENTS:
        message = _("Too little data for a survival curve: it takes at least {needed} ends (here: {found}).")
        return NotPossible(message.format(needed=MIN_EVENTS, found=number(ended)))
    curve = kaplan_meier(lives.frame)
    last, (middle, low, high) = curve.iloc[-1], _median(curve)
    if lives.window is None:
        half = _("Half of the contracts end within {months} months (95% interval: {low} to {high})")
        left = _("After {months} months {share} of the contracts go on")
        said = _("{title}; {ended} of {all} have ended.")
    else:
        half = _(
            "Half of the customers first fall silent within {months} months (95% interval: {low} to {high})"
        )
        if middle == 0:
            half = _("Half of the customers or more fall silent right after the first purchase")
        left = _("After {months} months {share} of the customers have never fallen silent")
        said = _("{title}; {ended} of {all} were silent for more than {window} days at least once.")
    if np.isnan(middle):
        value, unit = last["share"], "share"
        claim = left.format(months=number(last["months"]), share=percent(value, 1))
    else:
        value, unit, end = middle, "months", _("an open end") if np.isnan(high) else number(high, 1)
        claim = half.format(months=number(middle, 1), low=number(low, 1), high=end)
    text = said.format(title=claim, all=number(len(lives.frame)), ended=number(ended), window=lives.window)
    found = Finding("contracts.survival" if lives.window is None else "churn.survival", text, value, unit)
    return Survival({"survival": bands(lives.frame, curve)}, text, found, claim, lives=lives, curve=curve)


def bands(lives: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Return at what rate those still there end, by tenure: ends ÷ months lived, by all who were there.

    The ends at 0 months, if any, have a row of their own. ``share``, ``low`` and ``high``, still there after
    the band, are NaN where nobody has been observed that long.
    """
    low, high, months = BANDS[:-1], BANDS[1:], lives[["months"]].to_numpy(float)
    ends = (months > low) & (months <= high) & lives[["ended"]].to_numpy(bool)
    lived = (np.clip(months, low, high) - low).sum(axis=0)
    words = _("{low} to {high}")
    tenure = [words.format(low=number(a), high=number(b)) for a, b in zip(low, high, strict=True)]
    tenure[0], tenure[-1] = _("at once"), _("over {low}").format(low=number(low[-1]))
    table = pd.DataFrame({"tenure": tenure, "at_risk": (months > low).sum(axis=0), "ended": ends.sum(axis=0)})
    table["hazard"] = table["ended"] / np.where((low < 0) | (lived == 0), np.nan, lived)
    table = table.join(_left(curve, list(high)).reset_index(drop=True))
    return table[(table["at_risk"] > 0) & ((low >= 0) | (table["ended"] > 0))].reset_index(drop=True)


@dataclass(frozen=True, kw_only=True)
class SurvivalBy(Listed):
    """What share is still there by tenure, group by group: what `kaplan_meier` gives of each."""

    is_drawn: ClassVar[bool] = True
    curves: dict[str, pd.DataFrame] = field(repr=False)

    @property
    def name(self) -> str:  # type: ignore[override]
        """What its figure and its table are called."""
        return next(iter(self.shown))


@or_not_possible
def survival_by(survival: Survival, by: str) -> SurvivalBy | NotPossible:
    """Return what share is still there by tenure, of the largest groups by one of ``GROUPS``.

    The table has a row per group: ``group``, ``customers``, ``ended``; ``median`` months, with its 95 %
    interval ``median_low``, ``median_high`` (NaN where not observed); ``left_after_12``, share still there
    after so many months; ``p_value`` of the log-rank test of the group against all others, times the number
    of tests (at most 1; NaN where none ended while both were observed).
    """
    lives = survival.lives.frame
    sizes = lives.groupby(by).size() if by in lives else pd.Series(dtype=int)
    chosen = sizes[sizes >= MIN_SIZE].nlargest(MOST_GROUPS).index.sort_values()
    if len(chosen) < 2:
        return NotPossible(
            _("To compare how long groups stay takes two of at least {needed} each.").format(needed=MIN_SIZE)
        )
    compared, tests = lives[lives[by].isin(chosen)], len(chosen) if len(chosen) > 2 else 1
    rows, curves = [], {}
    for name in chosen:
        mine, others = compared[compared[by] == name], compared[compared[by] != name]
        curve = curves[str(name)] = kaplan_meier(mine)
        with np.errstate(invalid="ignore", divide="ignore"):  # nobody ended while both were observed
            p = np.minimum(float(logrank(_censored(mine), _censored(others)).pvalue) * tests, 1)
        left = _left(curve, [12.0])["share"].iloc[0]
        rows.append((str(name), len(mine), mine["ended"].sum(), *_median(curve), left, p))
    names = ["group", "customers", "ended", "median", "median_low", "median_high", "left_after_12", "p_value"]
    table = pd.DataFrame(rows, columns=names)
    apart = table.loc[table["p_value"] < BY_CHANCE, "group"].tolist()
    claim = _("By {what}, no group differs by more than chance would")
    if apart:
        claim = _("By {what}, different from the others beyond chance: {groups}")
    claim = claim.format(what=_(COLUMNS[by][0]).lower(), groups=listing(apart))
    return SurvivalBy({f"survival_by_{by}": table}, claim, curves=curves)
