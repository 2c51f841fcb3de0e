"""How long customers stay, by tenure and between groups; who is still here is never counted as lost.

A contract ends on a known day. Without one the event is the start of a silence longer than the activity
window, and is called that: many such customers come back.
"""

from __future__ import annotations

import datetime as dt
import itertools
import warnings
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, chi2, ecdf, logrank

from analysis.churn.contracts import joined, known_on
from analysis.churn.groups import known_groups
from analysis.dataset import Dataset
from analysis.display_names import COLUMNS
from analysis.language import _, listing, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTH_DAYS, months_between, months_later
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result

MIN_EVENTS = 10  # fewer ends tell no curve
MIN_SIZE, MOST_GROUPS = 30, 6  # customers of a group that is compared, and how many groups
LEVEL, SURE = 0.95, 0.05
GROUPS = ("cohort", "plan", "acquisition_channel", "sector")
BANDS = [0, 3, 6, 12, 24, 36, 48, 60, 72, 84, 96, 108, 120, np.inf]  # months


@dataclass(frozen=True)
class Lives:
    """How long each contract, or each customer without one, has lasted.

    Attributes
    ----------
    frame
        One row each: ``customer_id``; ``months`` observed; ``ended``, whether it then ended: False while it
        goes on, whatever becomes of it; and what tells groups apart, of ``GROUPS`` what is known.
    event
        ``contract`` ended, or start of a ``silence`` longer than the window.
    window
        Days of silence; None for contracts.
    """

    frame: pd.DataFrame = field(repr=False)
    event: Literal["contract", "silence"]
    window: int | None = None


@or_not_possible
def contract_lives(terms: pd.DataFrame, as_of: dt.date, groups: pd.DataFrame | None = None) -> Lives:
    """Return how long contracts have lasted: by their days, or by months and a flag where there are no days.

    Parameters
    ----------
    terms
        The result of `contract_terms`.
    as_of
        The last day that counts. A contract that ends later runs.
    groups
        What tells customers apart: `known_groups`.

    Notes
    -----
    A month is full on the day of the month of the start; days beyond count as 31sts. A contract that begins
    within 31 days after one of the same customer ended is the same. One of which it is not known whether, or
    after how long, it ended is left out.
    """
    flag, has_day = terms["churned"], terms["ended"].notna()
    is_dated = terms["started"].notna() & (has_day | ~flag.eq("yes"))
    bare = terms[~is_dated & flag.notna() & terms["tenure_months"].notna()]
    dated = joined(known_on(terms[is_dated], as_of))
    after = (dated["ended"] + pd.Timedelta(days=1)).fillna(pd.Timestamp(as_of) + pd.Timedelta(days=1))
    after = after.where(after > dated["started"], dated["started"])
    whole = months_between(dated["started"], after)
    begun = (after - months_later(dated["started"], pd.Series(whole, dated.index))).dt.days
    parts = [
        dated.assign(
            months=whole + begun / 31,
            over=dated["ended"].notna(),
            cohort=dated["started"].dt.year.astype(str),
        ),
        bare.assign(months=bare["tenure_months"].astype(float), over=flag[bare.index].eq("yes")),
    ]
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    frame = frame.drop(columns="ended").rename(columns={"over": "ended"})
    return Lives(_grouped(frame, groups), "contract")


def silence_lives(dataset: Dataset, window: ActivityWindow | NotPossible) -> Lives | NotPossible:
    """Return how long customers have bought until the first silence longer than the activity window.

    Notes
    -----
    A silence that begins within the window before the last day is not known to be one yet: all customers are
    observed up to that long ago, and who first bought later is left out.
    """
    if isinstance(window, NotPossible):
        return window
    known_until = pd.Timestamp(dataset.as_of) - pd.Timedelta(days=window.days)
    gaps = dataset.query("long_gaps", months=max((window.days - 29) // 31, 0))
    silent = (gaps["until"] - gaps["since"]).dt.days > window.days
    silences = gaps[silent].groupby("customer_id")["since"].min()
    customers = dataset.query("customers")
    frame = customers.loc[customers["first_purchase"] < known_until, ["customer_id", "first_purchase"]]
    since = frame["customer_id"].map(silences)
    end = since.fillna(known_until)
    frame = frame.assign(
        months=(end - frame["first_purchase"]).dt.days / MONTH_DAYS,
        ended=since.notna(),
        cohort=frame["first_purchase"].dt.year.astype(str),
    )
    return Lives(_grouped(frame, known_groups(dataset)), "silence", window.days)


def _grouped(frame: pd.DataFrame, groups: pd.DataFrame | None) -> pd.DataFrame:
    known = frame if groups is None else frame.join(groups, on="customer_id")
    kept = [name for name in GROUPS if name in known and known[name].notna().any()]
    return known[["customer_id", "months", "ended", *kept]]


def kaplan_meier(lives: pd.DataFrame) -> pd.DataFrame:
    """Estimate the share still there by tenure (Kaplan & Meier 1958), with its 95 % band.

    Parameters
    ----------
    lives
        ``months`` and ``ended``; see `Lives`.

    Returns
    -------
    pandas.DataFrame
        One row per length seen, ascending: ``months``; ``at_risk``, observed at least that long; ``ended``
        then; ``share`` still there after it, and its interval ``low``, ``high`` on the scale of log(−log).

    Examples
    --------
    >>> import pandas as pd
    >>> kaplan_meier(pd.DataFrame({"months": [1.0, 2, 3, 4], "ended": [True, False, True, False]}))[
    ...     ["months", "at_risk", "ended", "share"]
    ... ]
       months  at_risk  ended  share
    0     1.0        4      1  0.750
    1     2.0        3      0  0.750
    2     3.0        2      1  0.375
    3     4.0        1      0  0.375
    """
    seen = ecdf(_censored(lives)).sf
    with warnings.catch_warnings():  # before the first end and after the last there is no interval
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        band = seen.confidence_interval(LEVEL, method="log-log")
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


def _half_gone(shares: pd.Series, months: pd.Series) -> float:
    """Return after how many months a curve is at half or below; NaN where it never is."""
    below = months[shares <= 0.5 + 1e-12]
    return float(below.iloc[0]) if len(below) else float("nan")


def _at(curve: pd.DataFrame, months: float, column: str = "share") -> float:
    """Return the height of a curve after so many months; NaN beyond what was observed."""
    before = curve[curve["months"] <= months]
    if months > curve["months"].iloc[-1]:
        return float("nan")
    return float(before[column].iloc[-1]) if len(before) else 1.0


@dataclass(frozen=True)
class Survival(Result):
    """What share is still there by tenure.

    Attributes
    ----------
    lives
        Whose.
    curve
        What `kaplan_meier` gives.
    """

    name: ClassVar[str] = "survival"
    lives: Lives
    curve: pd.DataFrame = field(repr=False)

    @property
    def median(self) -> tuple[float, float, float]:
        """Months after which half are gone, and its 95 % interval; NaN where that was not observed."""
        low, middle, high = (
            _half_gone(self.curve[name], self.curve["months"]) for name in ("low", "share", "high")
        )
        return middle, low, high

    def title(self) -> str:
        """Return after how long half are gone, or what share is left."""
        middle, _low, _high = self.median
        months = number(middle, 1)
        if self.lives.event == "contract":
            message = _("Half of the contracts end within {months} months")
            left = _("After {months} months {share} of the contracts go on")
        else:
            message = _("Half of the customers fall silent within {months} months of the first purchase")
            left = _("After {months} months {share} of the customers have never fallen silent")
        if middle == 0:
            message = _("Half of the customers or more fall silent right after the first purchase")
        if np.isnan(middle):
            last = self.curve.iloc[-1]
            return left.format(months=number(last["months"]), share=percent(last["share"], 1))
        return message.format(months=months)

    def sentence(self) -> str:
        """Say the same with its interval, and how many ended and how many go on."""
        frame = self.lives.frame
        ended, middle = int(frame["ended"].sum()), self.median
        counted = {
            "all": number(len(frame)),
            "ended": number(ended),
            "running": number(len(frame) - ended),
            "share": percent(ended / len(frame), 1),
        }
        if self.lives.event == "contract":
            said = _(
                "{title}: of {all} contracts {ended} ended ({share}); the {running} that go on count for as "
                "long as they have been observed."
            )
        else:
            said = _(
                "{title}: of {all} customers {ended} were silent for more than {window} days at least "
                "once; the other {running} count for as long as they have been observed."
            )
        text = said.format(title=self.title(), window=number(self.lives.window or 0), **counted)
        return text if np.isnan(middle[0]) else f"{text} {_interval(middle)}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the rate by tenure, and the share still there after each band."""
        return {"survival": bands(self.lives.frame, self.curve).drop(columns="until")}

    def findings(self) -> list[Finding]:
        """Return after how long half are gone; the share left where that was not observed."""
        middle = self.median[0]
        name = "contracts.survival" if self.lives.event == "contract" else "churn.survival"
        if np.isnan(middle):
            return [Finding(name, self.sentence(), float(self.curve["share"].iloc[-1]), "share")]
        return [Finding(name, self.sentence(), middle, "months")]


def _interval(median: tuple[float, float, float]) -> str:
    """Say the 95 % interval of a median, the upper end of which may not have been seen."""
    _middle, low, high = median
    message = _("The 95% interval of the median is {low} to {high} months.")
    if np.isnan(high):
        message = _("The 95% interval of the median begins at {low} months; its end has not been seen yet.")
    return message.format(low=number(low, 1), high=number(high, 1))


@or_not_possible
def survival(lives: Lives) -> Survival | NotPossible:
    """Return what share is still there by tenure."""
    ended = int(lives.frame["ended"].sum())
    if ended < MIN_EVENTS:
        message = _("Too little data for a survival curve: it takes at least {needed} ends (here: {found}).")
        return NotPossible(message.format(needed=MIN_EVENTS, found=number(ended)))
    return Survival(lives, kaplan_meier(lives.frame))


def bands(lives: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Return at what rate those still there end, by tenure: ends ÷ months lived, by all who were there.

    Returns
    -------
    pandas.DataFrame
        One row per band of months, ``tenure`` in words, ``until`` when: ``at_risk``, how many were there at
        its beginning; ``ended`` in it; ``hazard`` per month, and its 95 % interval ``hazard_low``,
        ``hazard_high`` (Garwood 1936); the ``share`` still there after it, ``low`` and ``high`` (NaN where
        nobody has been observed that long). The ends at 0 months, if any, have a row of their own.

    Examples
    --------
    >>> lives = pd.DataFrame({"months": [0.0, 2, 3, 5], "ended": [True, True, False, True]})
    >>> bands(lives, kaplan_meier(lives))[["tenure", "at_risk", "ended", "hazard", "share"]]
        tenure  at_risk  ended  hazard  share
    0  at once        4      1     NaN   0.75
    1   0 to 3        3      1   0.125   0.50
    2   3 to 6        1      1   0.500    NaN
    """
    months, ended = lives["months"].to_numpy(float), lives["ended"].to_numpy(bool)
    rows = [(_("at once"), 0.0, len(lives), int(ended[months == 0].sum()), *[np.nan] * 3)]
    for low, high in itertools.pairwise(BANDS):
        there = months > low
        count = int((ended & there & (months <= high)).sum())
        lived = float((np.minimum(months, high) - low)[there].sum())
        ends = chi2.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], [max(2 * count, 1e-9), 2 * count + 2]) / 2
        words = _("over {low}") if np.isinf(high) else _("{low} to {high}")
        tenure = words.format(low=number(low), high=number(high) if high < np.inf else "")
        if lived:
            rows.append((tenure, high, int(there.sum()), count, *(n / lived for n in (count, *ends))))
    names = ["tenure", "until", "at_risk", "ended", "hazard", "hazard_low", "hazard_high"]
    frame = pd.DataFrame(rows, columns=names).iloc[0 if rows[0][3] else 1 :].reset_index(drop=True)
    shares = {name: [_at(curve, end, name) for end in frame["until"]] for name in ("share", "low", "high")}
    return frame.assign(**shares)


@dataclass(frozen=True)
class SurvivalBy(Result):
    """What share is still there by tenure, group by group.

    Attributes
    ----------
    by
        Of ``GROUPS``.
    frame
        One row per group: ``group``, ``customers``, ``ended``; ``median`` months, with its 95 % interval
        ``median_low``, ``median_high`` (NaN where not observed); ``left_after_3`` and ``left_after_12``,
        share still there after so many months; ``p_value`` of the log-rank test of the group against all
        others, times the number of tests (at most 1; NaN where none ended while both were observed).
    curves
        What `kaplan_meier` gives, by group.
    left_out
        In how many groups too small to compare, or beyond the largest, how many are.
    """

    by: str
    frame: pd.DataFrame
    curves: dict[str, pd.DataFrame] = field(repr=False)
    left_out: tuple[int, int]

    @property
    def name(self) -> str:  # type: ignore[override]
        """What its figure is called."""
        return f"survival_by_{self.by}"

    def title(self) -> str:
        """Return what differs after a year, or a quarter, where the test tells that something does."""
        if not (self.frame["p_value"] < SURE).any():
            return _("By {what}, no group differs by more than chance would").format(
                what=_(COLUMNS[self.by][0]).lower()
            )
        shares = self.frame.set_index("group")
        months = 12 if shares["left_after_12"].notna().sum() > 1 else 3
        left = shares[f"left_after_{months}"]
        return _("After {months} months {high} of {best} are still there, {low} of {worst}").format(
            months=number(months),
            high=percent(left.max()),
            best=left.idxmax(),
            low=percent(left.min()),
            worst=left.idxmin(),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {self.name: self.frame}

    def notes(self) -> list[str]:
        """Name the groups that the test tells apart from the others, and what is left out."""
        apart = [str(name) for name in self.frame.loc[self.frame["p_value"] < SURE, "group"]]
        said = []
        if apart:
            message = _(
                "Different beyond chance by the log-rank test: {groups}. It weighs all tenures alike, may "
                "miss curves that cross, and says nothing of the size of a difference, nor of its cause: "
                "groups differ in other things, too."
            )
            said.append(message.format(groups=listing(apart)))
        groups, customers = self.left_out
        if groups:
            message = ngettext(
                "Not compared: {customers} in {groups} group that is small or not among the largest.",
                "Not compared: {customers} in {groups} groups that are small or not among the largest.",
                groups,
            )
            said.append(message.format(customers=number(customers), groups=number(groups)))
        return said


@or_not_possible
def survival_by(survival: Survival, by: str) -> SurvivalBy | NotPossible:
    """Return what share is still there by tenure, group by group.

    Parameters
    ----------
    survival
        Of all.
    by
        ``cohort``, ``plan``, ``acquisition_channel`` or ``sector``.
    """
    lives = survival.lives.frame
    known = lives[lives[by].notna()] if by in lives else lives.iloc[:0]
    sizes = known.groupby(by).size() if len(known) else pd.Series(dtype=int)
    chosen = sizes[sizes >= MIN_SIZE].nlargest(MOST_GROUPS).index.sort_values()
    if len(chosen) < 2:
        return NotPossible(
            _("To compare how long groups stay takes two of at least {needed} each.").format(needed=MIN_SIZE)
        )
    compared = known[known[by].isin(chosen)]
    tests = 1 if len(chosen) == 2 else len(chosen)
    rows, curves = [], {}
    for name in chosen:
        inside = compared[by] == name
        mine, others = compared[inside], compared[~inside]
        curve = curves[str(name)] = kaplan_meier(mine)
        median = Survival(survival.lives, curve).median
        with np.errstate(invalid="ignore", divide="ignore"):  # nobody ended while both were observed
            p = float(logrank(_censored(mine), _censored(others)).pvalue)
        left = (_at(curve, 3), _at(curve, 12))
        rows.append(
            (str(name), len(mine), int(mine["ended"].sum()), *median, *left, np.minimum(p * tests, 1))
        )
    names = ["group", "customers", "ended", "median", "median_low", "median_high"]
    names += ["left_after_3", "left_after_12", "p_value"]
    rest = sizes.drop(chosen)
    frame = pd.DataFrame(rows, columns=names)
    return SurvivalBy(by, frame, curves, (len(rest), int(rest.sum())))
