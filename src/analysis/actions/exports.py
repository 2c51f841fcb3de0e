"""The plan as files: a workbook with a sheet per owner, and tasks that CRM systems import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.actions.control import CONTACT, CONTROL, ControlGroup
from analysis.actions.effects import NAMES
from analysis.display_names import words
from analysis.language import _, date, money, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.report import tables
from analysis.report.excel import Page, workbook

if TYPE_CHECKING:
    from analysis.dataset import Dataset

MOST_ROWS = 100_000  # of a sheet
ON_PAPER = [
    *("name", "contact_id", "contact_type", "segment", "action", "channel", "contact_by", "talk_about"),
    *("reasons", "value_at_stake", "chance", "cost", "expected_gain"),
]
CRM_FILES = {
    "plan_hubspot.csv": {
        **{"Task title": "title", "Task notes": "text", "Due date": "contact_by", "Task type": "TODO"},
        **{"Task status": "NOT_STARTED", "Assigned to": "owner", "Company name": "name"},
        **{"Record ID": "contact_id"},
    },
    "plan_salesforce.csv": {
        **{"Subject": "title", "Description": "text", "ActivityDate": "contact_by", "Status": "Not Started"},
        **{"Priority": "Normal", "OwnerId": "owner", "WhatId": "customer_id", "WhoId": "lead_id"},
    },
    "plan_odoo.csv": {
        **{"id": "external_id", "type": "opportunity", "name": "title", "partner_name": "name"},
        **{"user_id": "owner", "expected_revenue": "value_at_stake", "probability": "per_cent"},
        **{"date_deadline": "contact_by", "description": "text"},
    },
}
"""The columns of each file: a column of `_tasks`, or else what every row says. Described in
``docs/action_plan_files.md``."""


@or_not_possible
def plan_files(group: ControlGroup, dataset: Dataset) -> dict[str, bytes] | NotPossible:
    """Return the files of a plan by name; those left alone have a sheet, and are no task for a CRM system.

    The next run reads ``action_plan.parquet``.
    """
    listed = _in_words(group.contacts, dataset)
    tasks = _tasks(listed[listed["arm"] == CONTACT], dataset.currency)
    files = {"plan.xlsx": workbook(plan_pages(listed), dataset.currency)}
    files["action_plan.parquet"] = tables.to_parquet(group.contacts)
    said = words("action_plan", group.contacts)
    files["action_plan.csv"] = tables.to_csv(group.contacts, said["labels"], said["formats"])
    for name, columns in CRM_FILES.items():
        frame = pd.DataFrame({head: tasks.get(given, given) for head, given in columns.items()}, tasks.index)
        files[name] = tables.to_csv(frame, for_import=True)
    return files


def plan_pages(contacts: pd.DataFrame) -> list[Page]:
    """Return a page per owner, in the order of their best contact, and one of those left alone."""
    listed = contacts.sort_values("expected_gain", ascending=False, kind="stable")
    alone = _("Control group (do not contact)")
    tabs = listed["owner"].fillna(_("No owner")).mask(listed["arm"] == CONTROL, alone)
    pages = []
    for tab in sorted(tabs.unique(), key=alone.__eq__):
        rows = listed[tabs == tab]
        day, shown = date(rows["planned_on"].max()), number(min(len(rows), MOST_ROWS))
        line = _("As of {day}, the largest expected gain first: {shown} of {rows} rows.")
        lines = [line.format(day=day, shown=shown, rows=number(len(rows)))]
        table = {"action_plan": rows[ON_PAPER].head(MOST_ROWS)}
        pages.append(Page(tab, _("Plan: {owner}").format(owner=tab), lines, table, is_list=True))
    return pages


def _in_words(contacts: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Return a list with a name, and the action, segment and kind of each contact as a reader says them."""
    kinds = {"customer": _("customer"), "lead": _("lead")}
    return contacts.assign(
        is_lead=contacts["contact_type"] == "lead",
        segment=contacts["segment"].map(dataset.rfm.names),
        name=contacts["name"].fillna(contacts["contact_id"]).astype("str"),
        action=contacts["action"].map(lambda key: _(NAMES[key])).astype("str"),
        contact_type=contacts["contact_type"].map(kinds),
    )


def _tasks(listed: pd.DataFrame, currency: str | None) -> pd.DataFrame:
    """Return contacts as tasks: ``title``, ``text``, and the ids by which systems know them."""
    gains = listed["expected_gain"].map(lambda gain: money(gain, currency)).astype("str")
    topics = listed["talk_about"].fillna("").astype("str")
    talk = (_("Talk about: ") + topics + "\n").where(topics != "", "")
    turn = pd.Series(range(1, len(listed) + 1), listed.index).astype(str)
    return listed.assign(
        title=listed["action"].str.capitalize() + ": " + listed["name"],
        text=listed["reasons"].astype("str").fillna("") + "\n" + talk + _("Expected gain: ") + gains,
        customer_id=listed["contact_id"].mask(listed["is_lead"]),
        lead_id=listed["contact_id"].where(listed["is_lead"]),
        per_cent=(100 * listed["chance"]).round(1),
        external_id="cartera_plan_" + listed["planned_on"].dt.strftime("%Y%m%d") + "_" + turn,
    )
