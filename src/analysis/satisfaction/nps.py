"""The NPS: its trend, its groups, and whom it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis import segmentation
from analysis.language import N_, _, duration, listing, number, percent
from analysis.language import date as day_of
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import belongs_to
from analysis.portfolio import ActivityWindow
from analysis.profitability import profits
from analysis.result import Finding, Listed
from analysis.satisfaction.answers import NEEDS_SALES, Answers, differ
from analysis.segmentation.abc_classes import classified

if TYPE_CHECKING:
    from analysis.dataset import Dataset

_CHANCE = 0.05
TABLES = {"segment": "nps_by_segment", "channel": "nps_by_channel", "salesperson": "nps_by_salesperson"}
FEW = N_("(groups with fewer than {least} answers)")


@dataclass(frozen=True, kw_only=True)
class Nps(Listed):
    """How content customers are by quarter: ``answers``, the measure and its interval; and ``now``."""

    name: ClassVar[str] = "nps"
    is_drawn: ClassVar[bool] = True
    trend: pd.DataFrame
    now: float
    measure: str


@or_not_possible
def nps(answers: Answers) -> Nps:
    """Return the measure of the months, and of each quarter with answers enough.

    A customer counts once in each, with its last answer.
    """
    told, before = answers.lately, answers.a_period_earlier
    now, shares = answers.overall(told), told["group"].value_counts(normalize=True)
    parts = [f"{name} {percent(shares.get(key, 0.0), 1)}" for key, name in answers.groups.items()]
    text = _("In the {months} to {day}: {measure}, from {customers} customers").format(
        months=duration(answers.months, "month"),
        day=day_of(answers.as_of),
        measure=answers.says(now),
        customers=number(len(told)),
    )
    usual, good = None, None
    if len(before) >= answers.least:
        then = answers.overall(before)
        usual, is_clear = float(then[answers.measure]), differ(now, then, answers.measure)
        good = bool(now[answers.measure] > usual) if is_clear else None
        message = _("{text}; in the {months} before it was {value}.")
        text = message.format(
            text=text, months=duration(answers.months, "month"), value=answers.written(usual)
        )
    else:
        text += "."
    quarters = answers.frame.assign(quarter=answers.frame["date"].dt.to_period("Q").dt.start_time)
    trend = answers.rated(quarters.drop_duplicates(["customer_id", "quarter"], keep="last"), "quarter")
    trend, measure = trend[trend["answers"] >= answers.least].reset_index(), answers.measure
    value, claim = float(now[measure]), answers.says(now)
    if measure == "nps":
        ends = (number(now[f"nps_{end}"], 1) for end in ("low", "high"))
        claim = _("The NPS is {value}, most likely between {low} and {high}")
        claim = claim.format(value=number(value, 1), **dict(zip(("low", "high"), ends, strict=True)))
    found = Finding(f"satisfaction.{measure}", text, value, measure, good=good, usual=usual)
    notes = (f"{listing(parts)}.", *answers.read_as)
    return Nps({"nps": trend}, text, found, claim, notes, trend=trend, now=value, measure=measure)


@or_not_possible
def customers_of(dataset: Dataset, answers: Answers) -> pd.DataFrame | NotPossible:
    """Return by ``customer_id`` those with a transaction in the months: ``net_sales`` in them, and ``abc``.

    Adds the ``group`` of the last answer in the months, missing of who gave none.
    """
    if not dataset.has_sales:
        return NotPossible(_(NEEDS_SALES))
    rows = profits(dataset, answers.months)
    rows = rows.loc[rows["lines"] > 0, ["customer_id", "net_sales"]].astype({"net_sales": "float64"})
    if rows.empty or (classes := classified(rows["net_sales"])) is None:
        return NotPossible(_("Without net sales in these months there are no classes."))
    told = answers.lately.set_index("customer_id")["group"]
    return rows.assign(abc=classes).set_index("customer_id").join(told)


@or_not_possible
def response(customers: pd.DataFrame, answers: Answers) -> Listed:
    """Compare who answered in the months with who did not, by class.

    Lists by ``abc``, and together: ``customers``, ``response`` (share who answered), net sales per customer
    of those who did, ``sales_answered``, and did not, ``sales_silent``; ``answers`` and the measure. Where
    every class has answers enough, they are also weighed as they are among customers.
    """
    together = _("Together")
    every = pd.concat([customers, customers.assign(abc=together)])
    every = every.assign(told=every["group"].notna())
    by = every.groupby("abc")
    sales = every.pivot_table("net_sales", "abc", "told").reindex(columns=[True, False])
    table = pd.DataFrame({"customers": by.size(), "response": by["told"].mean()})
    table = table.assign(sales_answered=sales[True], sales_silent=sales[False])
    table = table.join(answers.rated(every[every["told"]], "abc")).fillna({"answers": 0})
    whole, classes = table.T[together], table.drop(index=together)
    told = customers.loc[customers["group"].notna(), "net_sales"].sum() / customers["net_sales"].sum()
    text = _("{share} of the {customers} customers of these months answered; they make {sales} of net sales.")
    text = text.format(
        share=percent(whole["response"], 1), customers=number(whole["customers"]), sales=percent(told, 1)
    )
    found = Finding("satisfaction.response", text, float(whole["response"]), "share")
    notes: tuple[str, ...] = ()
    if (classes["answers"] >= answers.least).all():
        weighed = (classes[answers.measure] * classes["customers"]).sum() / whole["customers"]
        message = _("With classes weighed as they are among customers it would be {weighed}, not {now}.")
        now = answers.written(whole[answers.measure])
        notes = (message.format(weighed=answers.written(weighed), now=now),)
    table["answers"] = table.pop("answers")
    return Listed({"response": table.reset_index()}, text, found, notes_on=notes)


@or_not_possible
def by_group(
    dataset: Dataset, answers: Answers, customers: pd.DataFrame, window: ActivityWindow
) -> Listed | NotPossible:
    """Compare RFM segments, channels and salespeople by the answers of the months.

    Groups with too few answers are put together; where these have too few, too, nothing is told of them.
    """
    frame, tables, apart, compared = customers.copy(), {}, [], 0
    bought = dataset.query("customers", segmentation.SCORED)
    scored = segmentation.rfm(bought, dataset.as_of, window, dataset.rfm)
    if isinstance(scored, segmentation.Rfm):
        frame["segment"] = scored.customers.set_index("customer_id")["segment"].map(scored.names)
    for column in ("channel", "salesperson"):
        frame[column] = belongs_to(dataset, column)
    none = NotPossible(_("No group of customers has answers enough ({n}).").format(n=number(answers.least)))
    if frame["group"].isna().all():
        return none
    few, measure = _(FEW).format(least=number(answers.least)), answers.measure
    whole = answers.overall(frame.dropna(subset="group"))
    for column, name in ((column, name) for column, name in TABLES.items() if column in frame):
        known = frame.dropna(subset=column).astype({column: "object"})
        enough = known.groupby(column)["group"].transform("count") >= answers.least
        known[column] = known[column].where(enough, few)
        table = known.groupby(column).agg(customers=("net_sales", "size"), response=("group", "count"))
        table = table.assign(response=table["response"] / table["customers"])
        table = table.join(answers.rated(known.dropna(subset="group"), column)).fillna({"answers": 0})
        table = table.mask(table["answers"] < answers.least, table[["customers", "response", "answers"]])
        named = table.drop(index=few, errors="ignore")
        compared += len(named)
        off = (named[f"{measure}_low"] > whole[measure]) | (named[f"{measure}_high"] < whole[measure])
        apart += [(row[measure], str(key)) for key, row in named[off].iterrows()]
        if len(named):
            tables[name] = table.sort_values(measure).rename_axis("group").reset_index()
    if not tables:
        return none
    counts = {"n": number(compared), "off": number(len(apart)), "chance": number(_CHANCE * compared, 1)}
    text, action = _("None of {n} groups lies clearly off the whole.").format(**counts), ""
    if apart:
        named_as = _("“{group}” ({value})")
        ends = [
            named_as.format(group=group, value=answers.written(value))
            for value, group in (min(apart), max(apart))
        ]
        text = _("Of {n} groups {off} lie clearly off the whole, among them {groups}.")
        text = text.format(groups=listing([*dict.fromkeys(ends)]), **counts)
        if min(apart)[0] < whole[measure]:
            action = _("Ask the customers of “{group}” what is wrong.").format(group=min(apart)[1])
    note = _("By chance alone about {chance} of {n} groups would lie so far off.").format(**counts)
    found = Finding(
        "satisfaction.groups", text, len(apart), "groups", usual=_CHANCE * compared, action=action
    )
    return Listed(tables, text, found, notes_on=(note,))
