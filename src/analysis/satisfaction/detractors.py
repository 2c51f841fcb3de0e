"""Whom it concerns: detractors by what they are worth, what they wrote, and how loyal each group is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from analysis.language import _, listing, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import called, named
from analysis.profitability.contribution import recorded_cost
from analysis.result import Finding, Listed
from analysis.satisfaction.answers import Answers

if TYPE_CHECKING:
    from analysis.dataset import Dataset

TOP = 3
_YEAR = 12  # months
_TWICE = 2
_WORD = re.compile(r"[^\W\d_]{3,}")
STOP_WORDS = frozenset(
    """
    all and any are because been but can could did does for from had has have her here his how its just
    more most much not now off our out over she some than that the their them then there they this too
    very was were what when which who will with would you your algo así aún aunque bien cada como con cual
    cuando del desde donde ellos entre era ese eso esta está están este esto fue han has hasta hay las les
    los más mas muy nada nos otra otro para pero poco por porque que qué quien ser sido sin sobre son soy
    sus también tan tanto tiene todas todo todos una unas unos
    """.split()  # noqa: SIM905
)


def detractors(
    dataset: Dataset, answers: Answers | NotPossible, customers: pd.DataFrame | NotPossible
) -> Listed | NotPossible:
    """List those whose last answer in the months was of the least content group, the largest first.

    Lists ``name`` and ``owner`` where known; with the frame of `customers_of` the class and ``net_sales`` of
    the months; the day (``answered``), ``score`` and ``comment``. Without it the lowest score comes first.
    """
    if isinstance(answers, NotPossible):
        return answers
    key, group = next(iter(answers.groups.items()))
    frame = answers.lately[answers.lately["group"] == key].rename(columns={"date": "answered"})
    if frame.empty:
        return NotPossible(_("Nobody is in the group “{group}” in these months.").format(group=group))
    frame, order = frame.set_index("customer_id").drop(columns="group"), ["score"]
    if isinstance(customers, pd.DataFrame):
        frame, order = customers[["abc", "net_sales"]].join(frame, how="right"), ["net_sales", "score"]
    frame = frame.sort_values(order, ascending=[name == "score" for name in order], kind="stable")
    frame = named(dataset, frame.reset_index())
    names, stake, value, good = listing(called(frame).head(TOP).tolist()), None, len(frame), None
    text = _("{size} customers are in the group “{group}”.").format(size=number(len(frame)), group=group)
    if isinstance(customers, pd.DataFrame):
        best = frame.loc[frame["abc"] == "A", "net_sales"]
        worth, value, good = float(best.sum()), len(best), False if len(best) else None
        share = percent(worth / customers["net_sales"].sum(), 1)
        stake = max(worth, 0.0) * _YEAR / answers.months
        text = _(
            "{best} of the {size} customers of “{group}” are in class A, with net sales of {worth}, {share} "
            "of all."
        ).format(
            best=number(value),
            size=number(len(frame)),
            group=group,
            worth=money(worth, dataset.currency),
            share=share,
        )
    action = _("Call {names} and ask what is wrong.").format(names=names)
    found = Finding("satisfaction.detractors", text, value, "customers", stake, good, action)
    told = ["customer_id", "name", "owner", "abc", "net_sales", "answered", "score", "comment"]
    return Listed({"detractors": frame[[name for name in told if name in frame]]}, text, found)


@or_not_possible
def words(answers: Answers) -> Listed | NotPossible:
    """Count in how many comments of the months, if in two or more, each word stands, by group."""
    written = answers.frame[answers.recent & answers.frame["comment"].notna()]
    found = written["comment"].str.lower().str.findall(_WORD).explode().dropna().rename("word")
    rows = written[["group"]].join(found, how="inner").rename_axis("place").reset_index()
    rows = rows[~rows["word"].isin(STOP_WORDS)].drop_duplicates(["place", "word"])
    keys = [*answers.groups]
    table = pd.crosstab(rows["word"], rows["group"]).reindex(columns=keys, fill_value=0)
    table.insert(0, "comments", table.sum(axis="columns"))
    table = table[table["comments"] >= _TWICE].sort_values(
        [keys[0], "comments"], ascending=False, kind="stable"
    )
    if table.empty:
        return NotPossible(_("No word stands in two comments of these months."))
    text = _("{comments} of {answers} answers of these months have a comment.").format(
        comments=number(len(written)), answers=number(answers.recent.sum())
    )
    return Listed({"words": table.rename_axis(columns=None).reset_index()}, text)


@or_not_possible
def loyalty(dataset: Dataset, answers: Answers, customers: pd.DataFrame) -> Listed:
    """Compare how loyal the customers of the months are, by their last answer in them.

    Lists ``customers``, ``repeat_rate`` (share who have bought on two days or more), ``tenure`` (median years
    since the first purchase) and ``share_of_wallet``: net sales of the months, taken for a year, ÷ declared
    potential, of those who declared one.
    """
    known = dataset.query("customers", ["customer_id", "first_purchase", "purchase_days"])
    frame = customers.join(known.set_index("customer_id"))
    declared = recorded_cost(dataset, "potential").reindex(frame.index)
    potential = declared.where(declared > 0)
    frame = frame.assign(
        repeat=frame["purchase_days"] >= _TWICE,
        years=(pd.Timestamp(dataset.as_of) - frame["first_purchase"]).dt.days / 365.25,
        potential=potential,
        bought=frame["net_sales"].where(potential.notna()) * 12 / answers.months,
    )
    names = answers.groups | {"silent": _("Did not answer"), "all": _("Together")}
    by = pd.concat([frame.fillna({"group": "silent"}), frame.assign(group="all")]).groupby("group")
    table = by.agg(customers=("repeat", "size"), repeat_rate=("repeat", "mean"), tenure=("years", "median"))
    table["share_of_wallet"] = by["bought"].sum() / by["potential"].sum(min_count=1)
    table = table.reindex([key for key in names if key in table.index]).rename(index=names)
    whole = table.iloc[-1]
    text = _(
        "{share} of the {customers} customers of these months have bought more than once; share of wallet: "
        "{wallet}."
    ).format(
        share=percent(whole["repeat_rate"], 1),
        customers=number(whole["customers"]),
        wallet="–" if pd.isna(whole["share_of_wallet"]) else percent(whole["share_of_wallet"]),
    )
    found = Finding("satisfaction.repeat_rate", text, float(whole["repeat_rate"]), "share")
    return Listed({"loyalty": table.rename_axis("group").reset_index()}, text, found)
