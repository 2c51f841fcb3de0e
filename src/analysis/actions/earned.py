"""What an earlier plan has earned: those contacted against those whom a lot left alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.actions.control import CONTACT, CONTROL, NOT_MEASURED
from analysis.churn.campaigns import MIN_ARM, RESPONSE_DAYS, effect_of
from analysis.churn.risks import Z_90
from analysis.language import _, date, money, number, percent
from analysis.not_possible import NotPossible
from analysis.profitability import choose_margins
from analysis.profitability import earned as margin_of
from analysis.report.changes import PLAN, left_in
from analysis.result import Finding, Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

_NEEDED = ["contact_id", "contact_type", "action", "arm", "planned_on", "cost"]


def earned(previous: str | Path | None, dataset: Dataset, days: int = RESPONSE_DAYS) -> Listed | NotPossible:
    """Hold those whom the plan in the folder ``previous`` had contacted against those it left alone.

    Everybody counts in the group that the lot gave, contacted or not, by what it bought in the ``days`` after
    the earlier run's last day. The table ``earned`` has a row per group: ``customers``; ``bought``, the share
    that did; mean ``margin`` in money.
    """
    plan = left_in(previous, PLAN, _NEEDED)
    if isinstance(plan, NotPossible):
        return plan
    plan = plan[plan["action"] != NOT_MEASURED]
    day = plan["planned_on"].max()
    groups = [int((plan["arm"] == arm).sum()) for arm in (CONTACT, CONTROL)]
    if min(groups) < MIN_ARM:
        message = _(
            "What the plan in {folder} earned cannot be told: it left {control} alone and had {contact} "
            "contacted, and it takes {least} of each, chosen by lot."
        )
        contact, control, least = map(number, (*groups, MIN_ARM))
        return NotPossible(message.format(folder=previous, contact=contact, control=control, least=least))
    until = (day + pd.Timedelta(days=days)).date()
    if until > dataset.as_of:
        message = _("What the plan of {day} earned can be told from {until} on: it has {days} days to work.")
        return NotPossible(message.format(day=date(day), until=date(until), days=number(days)))
    return _compared(_since(plan, dataset, day.date(), until), dataset.currency, day, days)


def _since(plan: pd.DataFrame, dataset: Dataset, day: dt.date, until: dt.date) -> pd.DataFrame:
    """Return a plan with what each ``bought`` after a day, up to another, and its ``margin``."""
    rows = dataset.query("customer_profit", since=day, as_of=until)
    rows["margin"] = margin_of(rows, choose_margins(dataset.query("customer_margins")))
    customer = plan["contact_id"]
    if "leads" in dataset.tables:
        leads = dataset.query("lead_records").set_index("lead_id")
        won = leads.loc[leads["won"].between(pd.Timestamp(day), pd.Timestamp(until)), "customer_id"]
        customer = customer.mask(plan["contact_type"] == "lead", customer.map(won))
    known = rows.set_index("customer_id")[["sales", "margin"]].reindex(customer).fillna(0).astype(float)
    bought, margin = known["sales"].to_numpy() > 0, known["margin"].to_numpy()
    return plan.assign(treated=plan["arm"] == CONTACT, bought=bought, margin=margin)


def _compared(known: pd.DataFrame, currency: str | None, day: dt.date, days: int) -> Listed:
    """Return what the two groups differ by, in shares and in money."""
    effect, groups = effect_of(known), known.groupby("treated")["margin"]
    mean, error = groups.mean(), groups.var() / groups.size()
    contacted, cost = effect["treated"], float(known.loc[known["treated"], "cost"].sum())
    gain = float(contacted * (mean[True] - mean[False])) - cost
    half = Z_90 * contacted * float(np.sqrt(error.sum()))
    sums = {"cost": cost, "gain": gain, "least": gain - half, "most": gain + half}
    text = _(
        "The plan of {day} has brought {gain} of margin after its cost of {cost} (90% interval {least} to "
        "{most}): {bought} of the {contacted} contacted bought within {days} days, {without} of the {alone} "
        "left alone."
    ).format(
        days=number(days),
        day=date(day),
        contacted=number(contacted),
        alone=number(effect["control"]),
        bought=percent(effect["bought_treated"], 1),
        without=percent(effect["bought_control"], 1),
        **{name: money(sum_, currency) for name, sum_ in sums.items()},
    )
    is_clear = abs(gain) > half
    if not is_clear:
        text += " " + _("Chance alone may explain that.")
    table = known.groupby("treated").agg(
        customers=("bought", "size"), bought=("bought", "mean"), margin=("margin", "mean")
    )
    table.index = pd.Index([_("left alone"), _("contacted")], name="arm")
    found = Finding("actions.earned", text, gain, "money", abs(gain), bool(gain > 0) if is_clear else None)
    return Listed({"earned": table}, text, found)
