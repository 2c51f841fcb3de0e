"""What moved between two reports on the same data set: a page, and ``changes.json`` for another program."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis.dataset.segment_table import Scoring
from analysis.display_names import words
from analysis.errors import CarteraError
from analysis.language import Language, _, current_language, number, use_language
from analysis.not_possible import NotPossible
from analysis.report import changes, record, tables
from analysis.report.atomic_write import write_text
from analysis.report.rendering import render

PAGE = "compare.html"
Findings = list[dict[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """What moved between two reports.

    Attributes
    ----------
    findings
        Those whose value a reader sees changed, as in the later report, with that ``before``.
    tables
        What else moved, by name in `analysis.display_names`: ``equity_change``, from the customer equity
        of the earlier report to that of the later; ``class_moves`` and ``customer_moves``, who changed
        segment or class; ``list_changes``, who entered and left the list of the plan. What is empty is left
        out.
    notes
        Why something could not be compared.
    """

    findings: Findings
    tables: dict[str, pd.DataFrame]
    notes: list[str]

    @property
    def moved(self) -> bool:
        """Whether anything did."""
        return bool(self.findings or self.tables)


def compare(earlier: Path, later: Path, out: Path | None, language: Language | None) -> tuple[Path, bool]:
    """Write what moved between two reports; return the page, and whether anything did.

    Parameters
    ----------
    earlier, later
        Folders of reports on the same data set.
    out
        Folder of the page and of ``changes.json``; None means one beside the later report.
    language
        Of the page; None means that of the later report.

    Raises
    ------
    CarteraError
        If one is no report, they cannot be compared, or the folder cannot be written to.
    """
    then, now = record.read(earlier), record.read(later)
    use_language(language or now["language"])
    for key, message in (
        (
            "name",
            _("{earlier} is a report on {then} and {later} one on {now}: compare two on the same data."),
        ),
        ("currency", _("{earlier} counts in {then} and {later} in {now}: compare two in the same currency.")),
    ):
        if then["data"][key] != now["data"][key]:
            told = {"then": then["data"][key], "now": now["data"][key]}
            raise CarteraError(message.format(earlier=earlier, later=later, **told))
    found = _compared(earlier, later, now["data"]["currency"])
    folder = out or later.absolute().parent / f"{later.absolute().name}-changes"
    write_text(folder / changes.NAME, _as_json(found, then, now))
    write_text(folder / PAGE, _page(found, then, now, os.path.relpath(later.absolute(), folder.absolute())))
    return folder / PAGE, found.moved


def _compared(earlier: Path, later: Path, currency: str | None) -> Comparison:
    moved = changes.moved_findings(_findings(earlier), _findings(later), currency)
    found: dict[str, pd.DataFrame] = {}
    (before, now), (plan, contacts) = (
        [changes.left_in(folder, file, [key, *more]) for folder in (earlier, later)]
        for file, key, more in ((changes.CUSTOMERS, "customer_id", ["clv"]), (changes.PLAN, "contact_id", []))
    )
    notes = dict.fromkeys(str(one) for one in (before, now, plan, contacts) if isinstance(one, NotPossible))
    if not isinstance(before, NotPossible) and not isinstance(now, NotPossible):
        classes = changes.moved_classes(before, now, Scoring().names)
        found["equity_change"] = equity_change(before, now)
        found |= {"class_moves": changes.class_moves(classes), "customer_moves": classes}
        if not isinstance(plan, NotPossible) and not isinstance(contacts, NotPossible):
            found["list_changes"] = changes.moved_contacts(
                plan, contacts, now.set_index("customer_id")["last_purchase"]
            )
    return Comparison(moved, {name: frame for name, frame in found.items() if len(frame)}, [*notes])


def equity_change(earlier: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Return what leads from the customer equity of an earlier profile to that of a later one.

    Returns
    -------
    pandas.DataFrame
        ``step``, ``customers`` and ``amount``: the earlier sum of ``clv``, customers who are new, those who
        are gone, those known to both who are worth more and less, and the later sum, which is that of all
        before it. Without a row where nobody is worth another amount.
    """
    both = earlier[["customer_id", "clv"]].merge(
        later[["customer_id", "clv"]],
        on="customer_id",
        how="outer",
        suffixes=("_then", "_now"),
        indicator="known",
    )
    difference = both["clv_now"].fillna(0) - both["clv_then"].fillna(0)
    is_new, is_gone = both["known"] == "right_only", both["known"] == "left_only"
    stayed = ~is_new & ~is_gone
    parts = {
        _("New customers"): is_new,
        _("Customers no longer in the data"): is_gone,
        _("Customers worth more"): stayed & (difference > 0),
        _("Customers worth less"): stayed & (difference < 0),
    }
    rows = [(name, int(who.sum()), float(difference[who].sum())) for name, who in parts.items()]
    ends = [
        (name, len(one), float(one["clv"].sum())) for name, one in ((_("Before"), earlier), (_("Now"), later))
    ]
    frame = pd.DataFrame([ends[0], *rows, ends[1]], columns=["step", "customers", "amount"])
    return frame if difference.any() or is_new.any() or is_gone.any() else frame.head(0)


def _findings(folder: Path) -> Findings:
    try:
        found: Findings = json.loads((folder / "findings.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        message = _("{folder} holds no findings.json that can be read: make the report again.")
        raise CarteraError(message.format(folder=folder)) from error
    return found


def _as_json(found: Comparison, then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    runs = {
        name: {"as_of": run["data"]["as_of"], "started": run["started"]}
        for name, run in (("before", then), ("now", now))
    }
    moved = {
        name: json.loads(frame.to_json(orient="records", double_precision=6, date_format="iso"))
        for name, frame in found.tables.items()
    }
    content = {"moved": found.moved, **runs, "findings": found.findings, **moved, "notes": found.notes}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _page(found: Comparison, then: Mapping[str, Any], now: Mapping[str, Any], report: str) -> str:
    currency = now["data"]["currency"]
    about = {**now, "language": current_language(), "started": dt.datetime.now().astimezone().isoformat()}
    return render(
        "compare.html.j2",
        about,
        name=now["data"]["name"],
        days=[dt.date.fromisoformat(run["data"]["as_of"]) for run in (then, now)],
        runs=[dt.datetime.fromisoformat(run["started"]).date() for run in (then, now)],
        report=Path(report).as_posix(),
        findings=[_row(one, currency) for one in found.findings],
        found=found,
        tables={name: _html(name, frame, currency) for name, frame in found.tables.items()},
    )


def _row(one: Mapping[str, Any], currency: str | None) -> dict[str, str]:
    """Return a finding with its values, and their difference, as text."""
    before, now = (changes.in_words(one[key], one["unit"], currency) for key in ("before", "value"))
    change = one["value"] - one["before"] if isinstance(one["value"], (int, float)) else None
    difference = changes.in_words(change, one["unit"], currency)
    if change and one["unit"] == "share":
        difference = _("{points} points").format(points=number(100 * change, 1))
    sign = "+" if change and change > 0 else ""
    place = f"{one['notebook']}.html#{one['id']}"
    return {
        "text": one["text"],
        "place": place,
        "before": before,
        "now": now,
        "difference": sign + difference,
    }


def _html(name: str, frame: pd.DataFrame, currency: str | None) -> Markup:
    said = words(name, frame)
    shown = tables.shown(frame, said["labels"], said["formats"], currency)
    return Markup(tables.to_html(shown, said["caption"]))  # noqa: S704 cells are escaped
