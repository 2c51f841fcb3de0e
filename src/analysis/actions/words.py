"""Why somebody is on the list, and what to talk about, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.actions.effects import NO_CONTACT
from analysis.dataset import Dataset
from analysis.dataset.action_table import LEAST_ALIVE
from analysis.language import _, date, money, number, percent


def reasons(rows: pd.DataFrame, actions: pd.Series, currency: str | None) -> pd.Series:
    """Say why each has its action."""
    found = actions.map(
        {
            "serve_cheaply": _("buys little, and no contact is expected to pay"),
            "leave_alone": _("no contact is expected to pay"),
        }
    ).astype("object")
    gone = (rows["p_alive"] < LEAST_ALIVE) & actions.isin(NO_CONTACT)
    found = found.mask(gone, _("has most likely left"))
    told = ~actions.isin(NO_CONTACT)
    pairs = zip(rows[told].itertuples(), actions[told], strict=True)
    said = [_reason(row, action, currency) for row, action in pairs]
    return found.mask(told, pd.Series(said, actions.index[told], dtype="object"))


def _reason(row: Any, action: str, currency: str | None) -> str:  # noqa: ANN401 a row of a frame
    if action == "retain":
        risk = _("risk of no purchase {risk}").format(risk=percent(row.risk))
        return f"{risk}: {row.reasons}" if isinstance(row.reasons, str) else risk
    if action == "develop":
        if isinstance(row.lapsed_lines, str):
            return _("still buys, but no longer {lines}").format(lines=row.lapsed_lines)
        return _("could buy {money} a year more").format(money=money(row.potential, currency))
    if action == "reactivate":
        said = _("no purchase for {days} days").format(days=number(row.days_since_last))
        if pd.notna(row.usual_gap):
            gap = number(row.usual_gap)
            said += _(", where it used to buy every {gap}").format(gap=gap)
        return said
    if action == "referral":
        return _("would recommend us ({score})").format(score=number(row.nps_score))
    said = _("won in {chance} of such cases").format(chance=percent(row.chance))
    return f"{said}: {row.reasons}" if isinstance(row.reasons, str) else said


def talk_about(
    rows: pd.DataFrame, actions: pd.Series, currency: str | None, comments: pd.Series | None
) -> pd.Series:
    """Say what to talk about: what is owed, a complaint, the lapsed line, the missing category."""
    found = pd.Series("", actions.index, dtype="object")
    wrote = rows["contact_id"].map(comments if comments is not None else {})
    told = ~actions.isin(NO_CONTACT)
    pairs = zip(rows[told].itertuples(), wrote[told], strict=True)
    said = [_topic(row, comment, currency) for row, comment in pairs]
    return found.mask(told, pd.Series(said, actions.index[told], dtype="object"))


def _topic(row: Any, wrote: object, currency: str | None) -> str:  # noqa: ANN401 a row of a frame
    said = []
    if row.overdue_amount > 0:
        owed = money(row.overdue_amount, currency)
        said.append(_("{money} overdue: settle that first").format(money=owed))
    if row.complaint:
        text = _("answered {score} out of 10 on {date}")
        text = text.format(score=number(row.nps_score), date=date(row.nps_date))
        said.append(f"{text}: “{wrote}”" if isinstance(wrote, str) else text)
    if isinstance(row.lapsed_lines, str):
        said.append(_("no longer buys {lines}").format(lines=row.lapsed_lines))
    elif isinstance(row.potential_in, str):
        said.append(_("could buy more {category}").format(category=row.potential_in))
    if not said and pd.notna(row.last_purchase):
        said.append(_("its last purchase, on {date}").format(date=date(row.last_purchase)))
    return " · ".join(said)


def complaints(dataset: Dataset) -> pd.Series:
    """Return by customer_id what each wrote in its last survey, if it wrote anything."""
    if "comment" not in dataset.tables.get("surveys", frozenset()):
        return pd.Series(dtype="object")
    answers = dataset.query("survey_answers").drop_duplicates("customer_id", keep="last")
    return answers.set_index("customer_id")["comment"].dropna()
