"""The funnel: how far leads come and where they drop out, which groups are won, whom to call back."""

from __future__ import annotations

import datetime as dt
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.churn import kaplan_meier
from analysis.language import N_, _, money, number, percent
from analysis.language import month as month_of
from analysis.not_possible import NotPossible
from analysis.portfolio.mix import dimension_names
from analysis.result import Finding, Listed
from analysis.statistics import wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

STAGES = {
    "lead": N_("Lead"), "prospect": N_("Prospect"), "potential": N_("Potential customer"),
    "customer": N_("Customer"),
}  # fmt: skip
_BEGINS = {"lead": "created", "prospect": "qualified", "potential": "advanced", "customer": "won"}
LEAST = 30  # leads decided, to compare a group
_MOST_OPEN = 0.1  # share of a group beyond which those decided are the quick ones
_CHANCE = 0.05


def stage_name(dataset: Dataset, stage: str) -> str:
    """Return what a stage is called: in the company's word where it has one."""
    return dict(zip(STAGES, dataset.stages, strict=False)).get(stage, _(STAGES[stage]))


class Funnel(Listed):
    """How far leads come; its chart draws its table."""

    name: ClassVar[str] = "funnel"
    is_drawn: ClassVar[bool] = True


def funnel(dataset: Dataset) -> Funnel | NotPossible:
    """Count the leads that reached each stage, and what became of them.

    Its table ``funnel`` by ``stage``: ``reached`` it, ``went_on``, are still ``in_stage``, ``dropped`` out;
    ``conversion``, went on ÷ decided, with its 95 % interval; ``days_in_stage`` after which half had left it,
    whichever way (who is in it counts as long as it has been: Kaplan–Meier). A stage of which no first day is
    known is left out: nothing tells who was lost after it.
    """
    leads = lead_steps(dataset)
    if isinstance(leads, NotPossible):
        return leads
    known = {"created", "won", *dataset.tables["leads"]}
    steps = [stage for stage, day in _BEGINS.items() if day in known]
    rows = [_step(leads, stage, after, dataset.as_of) for stage, after in pairwise(steps)]
    count = {outcome: int((leads["outcome"] == outcome).sum()) for outcome in ("won", "lost", "open")}
    table = pd.DataFrame([*rows, {"reached": count["won"]}])
    table.insert(0, "stage", [stage_name(dataset, stage) for stage in steps])
    skipped, back = _irregular(leads, steps)
    note = _("Leads that skipped a stage: {skipped}; that went back, by their days or stage: {back}.")
    notes = [note.format(skipped=number(int(skipped.sum())), back=number(int(back.sum())))]
    decided = count["won"] + count["lost"]
    if not decided:
        text = _("None of the {open} leads is decided yet.").format(open=number(count["open"]))
        return Funnel({"funnel": table}, text, notes_on=tuple(notes))
    share, worst = count["won"] / decided, table.iloc[int(table["dropped"].fillna(0).argmax())]
    low, high = (percent(float(end), 1) for end in wilson(share, decided))
    said = {"share": percent(share, 1), "stage": worst["stage"], "lost": number(count["lost"])}
    said |= {"decided": number(decided), "open": number(count["open"]), "most": number(worst["dropped"])}
    text = _("{share} of the {decided} leads decided became customers").format(**said)
    told, action = [_("{claim} (95% interval: {low} to {high}).").format(claim=text, low=low, high=high)], ""
    if len(rows) > 1 and count["lost"]:
        told.append(_("No stage loses as many as “{stage}”: {most} of {lost}.").format(**said))
        action = _("Ask why leads are lost in the stage “{stage}”.").format(**said)
    if count["open"]:
        notes.insert(0, _("{open} leads are open and count neither way.").format(**said))
    found = Finding("acquisition.funnel", " ".join(told), share, "share", action=action)
    return Funnel({"funnel": table}, found.text, found, text, tuple(notes))


def lead_steps(dataset: Dataset) -> pd.DataFrame | NotPossible:
    """Return the leads with ``outcome`` (won, lost, open) and ``reached``, the place in `STAGES`."""
    if not {"stage", "won", "lost"} & dataset.tables.get("leads", frozenset()):
        return NotPossible(
            _(
                "What becomes of leads is not known: a table 'leads' with their stage and the days created, "
                "qualified, advanced, won and lost would show the funnel."
            )
        )
    frame = dataset.query("lead_records")
    won = frame["won"].notna() | frame["stage"].eq("customer")
    lost = frame["lost"].notna() | frame["stage"].eq("lost")
    marks = [frame[day].notna() | frame["stage"].eq(stage) for stage, day in _BEGINS.items()]
    reached = np.max([place * mark for place, mark in enumerate(marks)], axis=0)
    return frame.assign(outcome=np.select([won, lost], ["won", "lost"], "open"), reached=reached)


def _step(leads: pd.DataFrame, stage: str, after: str, as_of: dt.date) -> dict[str, float]:
    """Return what became of those who reached a stage."""
    places = list(STAGES)
    there = leads[leads["reached"] >= places.index(stage)]
    on = there["reached"] >= places.index(after)
    still = ~on & there["outcome"].eq("open")
    share = on.sum() / decided if (decided := int((~still).sum())) else np.nan
    low, high = map(float, wilson(share, decided))
    left = there[_BEGINS[after]].where(on, there["lost"])
    days = (left.fillna(pd.Timestamp(as_of)) - there[_BEGINS[stage]]).dt.days
    lives = pd.DataFrame({"months": days, "ended": left.notna()})[(left.notna() | still) & (days >= 0)]
    curve = kaplan_meier(lives) if lives["ended"].any() else lives.assign(share=1.0)
    return {
        "reached": len(there),
        "went_on": on.sum(),
        "dropped": decided - on.sum(),
        "conversion": share,
        "conversion_low": low,
        "conversion_high": high,
        "days_in_stage": curve["months"].where(curve["share"] <= 0.5 + 1e-12).min(),
        "in_stage": still.sum(),
    }


def _irregular(leads: pd.DataFrame, steps: list[str]) -> tuple[pd.Series, pd.Series]:
    """Return which leads skipped a stage, and which went back, by their days or by their stage."""
    skipped = pd.Series(False, leads.index)
    for place, stage in enumerate(STAGES):
        if stage in steps[1:-1]:
            skipped |= (leads["reached"] > place) & leads[_BEGINS[stage]].isna()
    now = leads["stage"].map({stage: place for place, stage in enumerate(STAGES)})
    back = leads["outcome"].eq("open") & (now < leads["reached"])
    for earlier, later in combinations([*_BEGINS.values(), "lost"], 2):
        back |= leads[earlier] > leads[later]
    return skipped, back


def funnel_by(dataset: Dataset) -> Listed | NotPossible:
    """Compare the conversion of channels, sectors, regions, types, sizes, salespeople and months.

    Its table ``funnel_by``, what lies clearly off all others first: ``conversion`` is won ÷ decided, missing
    where too few are decided, or so many open that those decided are the quick ones. Months: the last twelve.
    """
    leads = lead_steps(dataset)
    if isinstance(leads, NotPossible):
        return leads
    lately = leads["created"] > pd.Timestamp(dataset.as_of) - pd.DateOffset(years=1)
    leads = leads.assign(month=leads["created"].where(lately).map(month_of, "ignore"))
    names = dimension_names() | {"salesperson": _("Salesperson"), "month": _("Month it came in")}
    parts = [_compared(leads, key).assign(dimension=name) for key, name in names.items() if key in leads]
    table = pd.concat(parts).sort_values(["off", "told"], ascending=False, kind="stable", ignore_index=True)
    told, off = int(table["told"].sum()), int((table["off"] > 0).sum())
    if not told:
        reason = _("There are no two groups of leads to compare of which {least} are decided.")
        return NotPossible(reason.format(least=number(LEAST)))
    text = _("Of {n} groups {off} convert clearly better or worse; by chance alone about {chance} would.")
    text = text.format(n=number(told), off=number(off), chance=number(_CHANCE * told, 1))
    if off:
        best, worst = (table.loc[table["conversion"][:off].agg(end)] for end in ("idxmax", "idxmin"))
        said = {"best": best["group"], "high": percent(best["conversion"], 1)}
        said |= {"worst": worst["group"], "low": percent(worst["conversion"], 1)}
        text += " " + _("Among them “{best}” converts best ({high}), “{worst}” least ({low}).").format(**said)
    note = _("Of {n} further groups fewer than {least} leads, or too small a share, are decided.")
    notes = (note.format(n=number(len(table) - told), least=number(LEAST)),) if told < len(table) else ()
    return Listed({"funnel_by": table.drop(columns=["off", "told"])}, text, notes_on=notes)


def _compared(leads: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the conversion of each group, and how far clearly ``off`` that of all other groups it lies."""
    by = pd.crosstab(leads[key], leads["outcome"]).reindex(columns=["open", "won", "lost"], fill_value=0)
    n, decided = by.sum(axis=1), by["won"] + by["lost"]
    share, low, high = by["won"] / decided, *wilson(by["won"] / decided, decided)
    others = (by["won"].sum() - by["won"]) / (decided.sum() - decided)
    told = (decided >= LEAST) & (by["open"] <= _MOST_OPEN * n) & others.notna()
    off = (others - share).abs().where(told & ((low > others) | (high < others)), 0.0)
    rated = pd.DataFrame({"conversion": share, "conversion_low": low, "conversion_high": high}).where(told)
    found = pd.DataFrame(
        {"leads": n, "in_work": by["open"], "won": by["won"], **rated, "off": off, "told": told}
    )
    found = found.sort_values("conversion", ascending=False).rename_axis("group").reset_index()
    found.insert(0, "dimension", "")
    return found if len(found) > 1 else found.head(0)


def next_steps(dataset: Dataset) -> Listed | NotPossible:
    """List the open leads whose next step is overdue, the largest first; count open ones by owner."""
    leads = lead_steps(dataset)
    if isinstance(leads, NotPossible):
        return leads
    if "next_action" not in dataset.tables["leads"]:
        return NotPossible(_("When the next step of a lead is due is not known: next_action would say it."))
    leads_won = int((leads["outcome"] == "won").sum()), int((leads["outcome"] != "open").sum())
    leads = leads[leads["outcome"] == "open"]
    days = (pd.Timestamp(dataset.as_of) - leads["next_action"]).dt.days
    leads = leads.assign(days_overdue=days, overdue=days > 0, no_next_step=days.isna())
    leads["stage"] = [stage_name(dataset, list(STAGES)[place]) for place in leads["reached"]]
    leads["owner"] = leads["salesperson"].fillna(_("(not known)"))
    by = leads.groupby("owner").agg(open_leads=("owner", "size"), overdue=("overdue", "sum"))
    by["no_next_step"] = leads.groupby("owner")["no_next_step"].sum()
    late = leads[leads["overdue"]].sort_values(["estimated_value", "days_overdue"], ascending=False)
    columns = ["lead_id", "name", "owner", "stage", "next_action", "days_overdue", "last_contact"]
    listed = late[[*columns, "estimated_value"]].dropna(axis="columns", how="all")
    won, decided = leads_won
    value = float(late["estimated_value"].sum()) * won / decided if decided else 0.0
    text = _(
        "Of {n} open leads {late} have a next step that is overdue, and {none} have no next step."
    ).format(n=number(len(leads)), late=number(len(late)), none=number(leads["no_next_step"].sum()))
    if value > 0:
        worth = money(value, dataset.currency)
        message = _(
            "At the usual conversion those overdue would bring {value} of sales a year, by their estimates."
        )
        text += " " + message.format(value=worth)
    action = "" if late.empty else _("Have each salesperson do the overdue steps this week.")
    found = Finding("acquisition.overdue", text, len(late), "leads", value or None, late.empty, action)
    by = by.sort_values("overdue", ascending=False, kind="stable").reset_index()
    return Listed({"overdue_by_owner": by, "overdue": listed} if len(late) else {}, text, found)
