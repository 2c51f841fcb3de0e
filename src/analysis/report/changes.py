"""What has changed since an earlier run: what its folder holds against what is known today."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from analysis.errors import CarteraError
from analysis.language import N_, _, money, number, percent
from analysis.not_possible import NotPossible
from analysis.profile_parts import Profiles
from analysis.report.atomic_write import write_text
from analysis.result import Finding, Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

CUSTOMERS = Path("customers.parquet")
PLAN = Path("tables/08_action_plan/action_plan.parquet")
NAME = "changes.json"
ENTERED, GONE, BOUGHT = N_("new on it"), N_("no longer on it"), N_("no longer on it, having bought")
CLASSES = {"segment": N_("RFM segment"), "abc": N_("ABC class")}
_HELD = ["customer_id", "name", "owner", *CLASSES, "clv", "last_purchase"]


def left_in(
    previous: str | Path | None, file: Path, columns: Sequence[str], others: Sequence[str] | None = None
) -> pd.DataFrame | NotPossible:
    """Return a table that an earlier run left in a folder, or say that there is none.

    It must have these ``columns``; of the ``others`` it has what there is, None: all.
    """
    if previous is None:
        return NotPossible(
            _("No earlier run is given: with its folder as 'previous', what came after is held against it.")
        )
    path = Path(previous) / file
    if not path.is_file():
        return NotPossible(_("An earlier run left no {file}.").format(file=path))
    try:
        wanted = None
        if others is not None:
            wanted = [name for name in pq.read_schema(path).names if name in {*columns, *others}]
        return pd.read_parquet(path, columns=wanted).set_index([*columns]).reset_index()
    except (OSError, ValueError, KeyError) as error:
        message = _("What an earlier run left in {file} cannot be read: give the folder as it was left.")
        raise CarteraError(message.format(file=path)) from error


def changes(
    previous: str | Path | None, profile: Profiles, contacts: pd.DataFrame, dataset: Dataset
) -> Listed | NotPossible:
    """Say who moved from class to class since an earlier run, and who entered and left the list.

    It holds what is in the folder ``previous`` against the customer profile and the list of today. Its table
    ``class_moves`` says how many ``customers`` with which ``clv`` moved, within each of ``classes``, from
    ``before`` to ``now``; ``list_changes`` who is new on the list, and who is gone.
    """
    earlier = left_in(previous, CUSTOMERS, ["customer_id"], [*CLASSES])
    plan = left_in(previous, PLAN, ["contact_id"])
    if isinstance(earlier, NotPossible):
        return earlier
    if isinstance(plan, NotPossible):
        return plan
    known, parts, lasts = 0, [], []
    for part in profile.parts(_HELD):
        before = earlier[earlier["customer_id"].isin(part["customer_id"])]
        known += len(before)
        parts.append(moved_classes(before, part, dataset.rfm.names))
        on_list = part[part["customer_id"].isin(plan["contact_id"])]
        lasts.append(on_list.set_index("customer_id")["last_purchase"])
    moved = pd.concat(parts).sort_values("clv", ascending=False, kind="stable", ignore_index=True)
    listed = moved_contacts(plan, contacts, pd.concat(lasts))
    text = _(
        "Of {both} customers known to the earlier run {segment} have changed RFM segment and {abc} ABC "
        "class; {new} are new. Of the {before} on its list {gone} are no longer on it, {bought} of them "
        "having bought since; {entered} of the {now} on today's are new on it."
    ).format(
        both=number(known),
        **{column: number((moved["classes"] == _(name)).sum()) for column, name in CLASSES.items()},
        new=number(len(profile) - known),
        before=number(len(plan)),
        gone=number((listed["change"] != _(ENTERED)).sum()),
        bought=number((listed["change"] == _(BOUGHT)).sum()),
        entered=number((listed["change"] == _(ENTERED)).sum()),
        now=number(len(contacts)),
    )
    entered = int((listed["change"] == _(ENTERED)).sum())
    tables = {"class_moves": class_moves(moved), "list_changes": listed}
    return Listed(tables, text, Finding("actions.changes", text, entered, "customers"))


def moved_classes(earlier: pd.DataFrame, profile: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return who moved from one class to another, those expected to bring most first.

    Parameters
    ----------
    earlier, profile
        The customer profile of an earlier run, and of today.
    names
        Of segments, by key.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``name`` and ``owner`` where known, ``classes``, ``before``, ``now``, ``clv``.
    """
    both = profile.merge(earlier, on="customer_id", suffixes=("", "_then"))
    about = both[[column for column in ("customer_id", "name", "owner") if column in both]]
    parts = [
        about.assign(classes=_(name), before=both[f"{column}_then"], now=both[column], clv=both["clv"])
        for column, name in CLASSES.items()
        if f"{column}_then" in both
    ]
    moved = pd.concat(parts).dropna(subset=["before", "now"]).query("before != now")
    moved[["before", "now"]] = moved[["before", "now"]].replace(names)
    return moved.sort_values("clv", ascending=False, kind="stable", ignore_index=True)


def class_moves(moved: pd.DataFrame) -> pd.DataFrame:
    """Return how many moved from which class to which, of `moved_classes`, and what they are worth."""
    grouped = moved.groupby(["classes", "before", "now"])["clv"].agg(["size", "sum"])
    counted = grouped.set_axis(["customers", "clv"], axis=1)
    return counted.sort_values("clv", ascending=False, kind="stable").reset_index()


def moved_contacts(plan: pd.DataFrame, contacts: pd.DataFrame, last_purchase: pd.Series) -> pd.DataFrame:
    """Return who is new on the list of today, and who of an earlier plan is no longer on it.

    ``last_purchase`` is that of the customers of the earlier plan, by customer_id.
    """
    was_on, is_on = plan["contact_id"], contacts["contact_id"]
    entered, gone = contacts[~is_on.isin(was_on)], plan[~was_on.isin(is_on)]
    last = last_purchase.reindex(gone["contact_id"]).to_numpy()  # nobody may be on the earlier list
    gone = gone.assign(change=np.where(last > gone["planned_on"], _(BOUGHT), _(GONE)))
    listed = pd.concat([entered.assign(change=_(ENTERED)), gone])
    listed = listed.sort_values("expected_gain", ascending=False, kind="stable", ignore_index=True)
    return listed[["contact_id", "name", "owner", "change", "expected_gain"]]


def write_changes(
    report: Path, previous: str | None, findings: Sequence[Mapping[str, Any]], currency: str | None
) -> dict[str, str]:
    """Write the findings that moved, with their value ``before``, and return that by id, as text."""
    if previous is None:
        return {}
    earlier = json.loads((Path(previous) / "findings.json").read_text("utf-8"))
    moved = moved_findings(earlier, findings, currency)
    write_text(report / NAME, json.dumps({"findings": moved}, ensure_ascii=False, indent=1) + "\n")
    return {one["id"]: in_words(one["before"], one["unit"], currency) for one in moved}


def moved_findings(
    earlier: Sequence[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]], currency: str | None
) -> list[dict[str, Any]]:
    """Return the findings whose value a reader sees changed, with the value ``before``."""
    then = {entry["id"]: entry["value"] for entry in earlier}
    return [
        {**one, "before": then[one["id"]]}
        for one in findings
        if isinstance(then.get(one["id"]), (int, float))
        and in_words(one["value"], one["unit"], currency) != in_words(then[one["id"]], one["unit"], currency)
    ]


def in_words(value: Any, unit: str | None, currency: str | None) -> str:  # noqa: ANN401 from JSON
    """Return the value of a finding as a reader sees it; nothing where it is no number."""
    if not isinstance(value, (int, float)):
        return ""
    if unit == "money":
        return money(value, currency)
    decimals = 0 if abs(value) >= 100 or float(value).is_integer() else 2
    return percent(value, 1) if unit == "share" else number(value, decimals)
