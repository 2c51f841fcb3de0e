"""The plan as files: a workbook with a sheet per owner, and tasks that CRM systems import."""

from __future__ import annotations

import pandas as pd

from analysis.actions.control import CONTACT, CONTROL, ControlGroup
from analysis.actions.effects import NAMES
from analysis.language import _, date, money, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.report import tables
from analysis.report.excel import Page, workbook

MOST_ROWS = 1_000_000  # of a sheet
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
def plan_files(group: ControlGroup) -> dict[str, bytes] | NotPossible:
    """Return the files of a plan by name; those left alone are on a sheet of their own, and in no CSV."""
    tasks = _tasks(group)
    files = {"plan.xlsx": workbook(plan_pages(group), group.currency)}
    for name, columns in CRM_FILES.items():
        frame = pd.DataFrame({head: tasks.get(given, given) for head, given in columns.items()}, tasks.index)
        files[name] = tables.to_csv(frame, for_import=True)
    return files


def plan_pages(group: ControlGroup) -> list[Page]:
    """Return a page per owner, in the order of their best contact, and one of those left alone."""
    listed = _in_words(group.contacts).sort_values("expected_gain", ascending=False, kind="stable")
    tabs = listed["owner"].fillna(_("No owner")).mask(listed["arm"] == CONTROL, _("Control group"))
    pages = []
    for tab in sorted(tabs.unique(), key=lambda tab: tab == _("Control group")):
        rows = listed[tabs == tab]
        line = _("As of {day}, the largest expected gain first: {shown} of {rows} rows.")
        if tab == _("Control group"):
            line = _("Not to be contacted, so that the effect of the plan can be measured. ") + line
        day, shown = date(rows["planned_on"].max()), number(min(len(rows), MOST_ROWS))
        line = line.format(day=day, shown=shown, rows=number(len(rows)))
        table = {"action_plan": rows[ON_PAPER].head(MOST_ROWS)}
        pages.append(Page(tab, _("Plan: {owner}").format(owner=tab), [line], table, is_list=True))
    return pages


def _in_words(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return a list with a name, and the action and kind of each contact as a reader says them."""
    kinds = {"customer": _("customer"), "lead": _("lead")}
    return contacts.assign(
        name=contacts["name"].fillna(contacts["contact_id"]),
        action=contacts["action"].map(lambda key: _(NAMES[key])),
        contact_type=contacts["contact_type"].map(kinds),
    )


def _tasks(group: ControlGroup) -> pd.DataFrame:
    """Return the contacts to make as tasks: ``title``, ``text`` and the ids by which systems know them."""
    those = group.contacts[group.contacts["arm"] == CONTACT]
    listed, is_lead = _in_words(those), those["contact_type"] == "lead"
    gains = listed["expected_gain"].map(lambda gain: money(gain, group.currency))
    talk = _("Talk about: ") + listed["talk_about"].replace("", pd.NA)
    text = listed["reasons"].fillna("") + ("\n" + talk).fillna("") + "\n" + _("Expected gain: ") + gains
    turn = pd.Series(range(1, len(those) + 1), those.index).astype(str)
    return listed.assign(
        title=listed["action"].str.capitalize() + ": " + listed["name"],
        text=text.str.strip(),
        customer_id=those["contact_id"].mask(is_lead),
        lead_id=those["contact_id"].where(is_lead),
        per_cent=(100 * those["chance"]).round(1),
        external_id="cartera_plan_" + those["planned_on"].dt.strftime("%Y%m%d") + "_" + turn,
    )
