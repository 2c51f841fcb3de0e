"""What came before an answer, and what after: late deliveries, and purchases within a horizon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Listed
from analysis.satisfaction.answers import NEEDS_SALES, Answers, differ, verdict
from analysis.statistics import wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

BEFORE_DAYS = 60
"""Days before an answer within which an order is what it may be about."""
MOST = 4
"""Purchases before an answer from which on customers count as alike."""


@dataclass(frozen=True, kw_only=True)
class Afterwards(Listed):
    """By day after the answer, the share of each group (its name) that had bought again by then."""

    name: ClassVar[str] = "afterwards"
    is_drawn: ClassVar[bool] = True
    curves: pd.DataFrame


def afterwards(
    dataset: Dataset, answers: Answers | NotPossible, window: ActivityWindow | NotPossible
) -> Afterwards | NotPossible:
    """Return what customers bought in the days of ``window`` after their answer, by group.

    It is the first answer of each customer, if the horizon is over: later ones are given by those who stayed.
    Lists ``answers``; ``purchases`` (mean days with one in the horizon); ``bought_again`` with its 95 %
    interval (Wilson), and ``alike``: the same if all groups had bought as often in as many days to the answer
    (on 1, 2, 3, 4 days or more, weighed as they are together).
    """
    if isinstance(answers, NotPossible):
        return answers
    if not dataset.has_sales:
        return NotPossible(_(NEEDS_SALES))
    if isinstance(window, NotPossible):
        return window
    days, first = window.days, answers.frame.drop_duplicates("customer_id")
    first = first[first["date"] <= pd.Timestamp(dataset.as_of) - pd.Timedelta(days=days)]
    bought = dataset.query("survey_purchases").rename(columns={"date": "day"})
    rows = first[["customer_id", "date"]].merge(bought, on="customer_id")
    rows["day"] = (rows["day"] - rows["date"]).dt.days
    after, before = rows[rows["day"].between(1, days)], rows[rows["day"].between(1 - days, 0)]
    frame = first.set_index("customer_id").assign(
        day=after.groupby("customer_id")["day"].min(),
        purchases=after.groupby("customer_id").size(),
        before=before.groupby("customer_id").size().clip(upper=MOST),
    )
    frame = frame.fillna({"purchases": 0, "before": 1}).assign(again=frame["day"].notna())
    names, by = answers.groups, frame.groupby("group")
    table = by.agg(answers=("again", "size"), purchases=("purchases", "mean"), bought_again=("again", "mean"))
    table = table.reindex([*names])
    if not (table["answers"] >= answers.least).all():
        few = _("Too few answers are {days} days old to compare what each group did next.")
        return NotPossible(few.format(days=number(days)))
    table["bought_again_low"], table["bought_again_high"] = wilson(table["bought_again"], table["answers"])
    same = frame.pivot_table("again", "before", "group")
    weights = frame["before"].value_counts(normalize=True)
    table["alike"] = same.mul(weights, axis="index").sum(min_count=len(same))
    steps = np.arange(days + 1)
    curves = {
        name: (frame.loc[frame["group"] == key, "day"].to_numpy()[:, None] <= steps).mean(axis=0)
        for key, name in names.items()
    }
    bad, _neutral, good = names.values()
    said = table[["bought_again", "alike"]].map(percent)
    (worst, alike_worst), (best, alike_best) = said.iloc[0], said.iloc[-1]
    claim = _("{best} of “{good}” bought again within {days} days, {worst} of “{bad}”")
    claim = claim.format(days=number(days), best=best, good=good, worst=worst, bad=bad)
    text = f"{claim}: {verdict(table.iloc[0], table.iloc[-1], 'bought_again')}."
    notes = [_("This is no experiment: groups also differ in what they were before, and in who answers.")]
    if table["alike"].notna().all():
        message = _("Had all bought as often before, it would be {best} and {worst}.")
        notes.insert(0, message.format(best=alike_best, worst=alike_worst))
    gap = float(table["bought_again"].iloc[-1] - table["bought_again"].iloc[0])
    shown = {"afterwards": table.rename(index=names).rename_axis("group").reset_index()}
    found = Finding("satisfaction.bought_again", text, gap, "share")
    return Afterwards(shown, text, found, claim, tuple(notes), curves=pd.DataFrame(curves))


@or_not_possible
def late_deliveries(
    dataset: Dataset, answers: Answers, promised_days: int | None = None
) -> Listed | NotPossible:
    """Compare answers after a late delivery with answers after one in time.

    It is the last order before the answer, of at most 60 days: late if it had not arrived ``promised_days``
    after it was placed (None: twice the median), in time if it had; else it does not count. Each customer
    counts once in either group, with its last such answer.
    """
    if "delivered" not in dataset.tables.get("deliveries", frozenset()):
        missing = _("A table 'deliveries' with ordered and delivered would show how late they come.")
        return NotPossible(missing)
    sent = dataset.query("survey_deliveries").sort_values("ordered", kind="stable")
    usual = (sent["delivered"] - sent["ordered"]).dt.days.quantile(interpolation="lower")
    promised = promised_days or max(2 * int(np.nan_to_num(usual)), 1)
    sent, within = sent.assign(date=sent["ordered"]), pd.Timedelta(days=BEFORE_DAYS)
    asked = answers.frame.astype({"date": sent["date"].dtype})
    rows = pd.merge_asof(asked, sent, on="date", by="customer_id", tolerance=within)
    arrived = rows["delivered"] <= rows["date"]
    took = (rows["delivered"].where(arrived, rows["date"]) - rows["ordered"]).dt.days
    names = [_("After a late delivery"), _("After one in time")]
    rows["delivery"] = np.select([took > promised, arrived & (took <= promised)], names, "")
    rows = rows.drop_duplicates(["customer_id", "delivery"], keep="last")
    table = answers.rated(rows, "delivery").reindex(names)
    if not (table["answers"] >= answers.least).all():
        return NotPossible(_("Too few answers follow a late delivery, or one in time, to compare them."))
    late, in_time = (row for _name, row in table.iterrows())
    values = [float(row[answers.measure]) for row in (late, in_time)]
    measure = "NPS" if answers.measure == "nps" else _("satisfied customers")
    text = _(
        "{measure} after a delivery of more than {days} days: {late}; after one in time: {in_time}; {clear}."
    )
    told = {"days": number(promised), "clear": verdict(late, in_time, answers.measure), "measure": measure}
    text = text.format(late=answers.written(values[0]), in_time=answers.written(values[1]), **told)
    is_bad = differ(late, in_time, answers.measure) and values[0] < values[1]
    found = Finding(
        "satisfaction.late",
        text,
        values[0],
        answers.measure,
        good=False if is_bad else None,
        action=_("Deliver within {days} days, A customers first.").format(**told) if is_bad else "",
        usual=values[1],
    )
    return Listed({"late_scores": table.rename_axis("group").reset_index()}, text, found)
