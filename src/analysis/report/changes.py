"""What has changed since an earlier run: what its folder holds against what is known today."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import CarteraError
from analysis.language import N_, _, money, number, percent
from analysis.not_possible import NotPossible
from analysis.report.atomic_write import write_text
from analysis.result import Finding, Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

CUSTOMERS = Path("customers.parquet")
PLAN = Path("tables/08_action_plan/action_plan.parquet")
CLASSES = {"segment": N_("RFM segment"), "abc": N_("ABC class")}


def left_in(previous: str | Path | None, file: Path, columns: Sequence[str]) -> pd.DataFrame | NotPossible:
    """Return a table that an earlier run left in a folder, or say that there is none."""
    if previous is None:
        return NotPossible(
            _("No earlier run is given: with its folder as 'previous', what came after is held against it.")
        )
    path = Path(previous) / file
    if not path.is_file():
        return NotPossible(_("An earlier run left no {file}.").format(file=path))
    try:
        return pd.read_parquet(path).set_index([*columns]).reset_index()
    except (OSError, ValueError, KeyError) as error:
        message = _("What an earlier run left in {file} cannot be read: give the folder as it was left.")
        raise CarteraError(message.format(file=path)) from error


def changes(
    previous: str | Path | None, profile: pd.DataFrame, contacts: pd.DataFrame, dataset: Dataset
) -> Listed | NotPossible:
    """Say who moved from class to class since an earlier run, and who entered and left the list.

    It holds what is in the folder ``previous`` against the customer profile and the list of today. Its table
    ``class_moves`` says how many ``customers`` with which ``clv`` moved, within each of ``classes``, from
    ``before`` to ``now``; ``list_changes`` who is new on the list, and who is gone.
    """
    earlier, plan = left_in(previous, CUSTOMERS, ["customer_id"]), left_in(previous, PLAN, ["contact_id"])
    if isinstance(earlier, NotPossible):
        return earlier
    if isinstance(plan, NotPossible):
        return plan
    both = profile.merge(earlier, on="customer_id", suffixes=("", "_then"))
    parts = []
    for column in filter(lambda column: f"{column}_then" in both, CLASSES):
        pair = {"before": both[f"{column}_then"], "now": both[column], "clv": both["clv"]}
        parts.append(pd.DataFrame(pair).assign(classes=_(CLASSES[column])))
    moved = pd.concat(parts).dropna(subset=["before", "now"]).query("before != now")
    grouped = moved.groupby(["classes", "before", "now"])["clv"].agg(["size", "sum"])
    moves = (
        grouped.set_axis(["customers", "clv"], axis=1)
        .sort_values("clv", ascending=False, kind="stable")
        .reset_index()
    )
    was_on, is_on = plan["contact_id"], contacts["contact_id"]
    entered, gone = contacts[~is_on.isin(was_on)], plan[~was_on.isin(is_on)]
    last = gone["contact_id"].map(profile.set_index("customer_id")["last_purchase"])
    bought = last > gone["planned_on"]
    gone = gone.assign(change=np.where(bought, _("no longer on it, having bought"), _("no longer on it")))
    listed = pd.concat([entered.assign(change=_("new on it")), gone])
    listed = listed.sort_values("expected_gain", ascending=False, kind="stable", ignore_index=True)
    text = _(
        "Of {both} customers known to the earlier run {segment} have changed RFM segment and {abc} ABC "
        "class; {new} are new. Of the {before} on its list {gone} are no longer on it, {bought} of them "
        "having bought since; {entered} of the {now} on today's are new on it."
    ).format(
        both=number(len(both)),
        **{column: number((moved["classes"] == _(name)).sum()) for column, name in CLASSES.items()},
        new=number(len(profile) - len(both)),
        before=number(len(plan)),
        gone=number(len(gone)),
        bought=number(bought.sum()),
        entered=number(len(entered)),
        now=number(len(contacts)),
    )
    moves[["before", "now"]] = moves[["before", "now"]].replace(dataset.rfm.names)
    tables = {
        "class_moves": moves,
        "list_changes": listed[["contact_id", "name", "owner", "change", "expected_gain"]],
    }
    return Listed(tables, text, Finding("actions.changes", text, len(entered), "customers"))


def write_changes(
    report: Path, previous: str | None, findings: Sequence[Mapping[str, Any]], currency: str | None
) -> dict[str, str]:
    """Write the findings that moved, with their value ``before``, and return that by id, as text."""
    if previous is None:
        return {}
    earlier = json.loads((Path(previous) / "findings.json").read_text("utf-8"))
    then = {entry["id"]: entry["value"] for entry in earlier}
    moved = [
        {**one, "before": then[one["id"]]}
        for one in findings
        if isinstance(then.get(one["id"]), (int, float)) and one["value"] != then[one["id"]]
    ]
    write_text(report / "changes.json", json.dumps(moved, ensure_ascii=False, indent=1) + "\n")
    said = {"money": lambda value: money(value, currency), "share": lambda value: percent(value, 1)}
    return {one["id"]: said.get(one["unit"], number)(one["before"]) for one in moved}
