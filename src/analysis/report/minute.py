"""Five questions that a director asks, each with one line: the answer, or what would open it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.dataset import Dataset
from analysis.language import _, date, estimate, money, ngettext, number
from analysis.report import account
from analysis.report.chapters import Chapter
from analysis.year_figures import YearFigure

CALLS = Path("tables/08_action_plan/contact_list.parquet")
MOST_CALLS = 10


@dataclass(frozen=True)
class Answer:
    """A question and its answer.

    Attributes
    ----------
    question, text
        What is asked, and what there is to say.
    link
        Where the page leads from it; empty: nowhere.
    finding
        Id of the finding that it tells, which the page need not tell again.
    """

    question: str
    text: str
    link: str = ""
    finding: str = ""


@dataclass(frozen=True)
class Call:
    """A contact of the plan: whom, what for, and what it is expected to bring."""

    name: str
    owner: str
    what: str
    why: str
    gain: str


@dataclass(frozen=True)
class Known:
    """What the page knows: the parts that were run, the data, the header's figures and the list."""

    chapters: Sequence[Chapter]
    dataset: Dataset
    figures: Sequence[YearFigure]
    calls: pd.DataFrame

    def finding(self, *ids: str) -> dict[str, Any] | None:
        """Return the finding that has the first of these ids for which there is one."""
        every = {one["id"]: one for chapter in reversed(self.chapters) for one in chapter.findings}
        return next((every[name] for name in ids if name in every), None)

    def why(self, notebook: str, reason: str) -> str:
        """Say why a notebook does not answer: it was not run, it failed, or the reason."""
        if not self.dataset.has_sales:
            return _("Not from these data: it takes the sales.")
        done = next((chapter.done for chapter in self.chapters if chapter.done.name == notebook), None)
        if done is None:
            return _("The part that answers this was not run.")
        return _("The part that answers this stopped before its end.") if done.failure else reason


def call_list(report: Path, currency: str | None) -> tuple[pd.DataFrame, list[Call]]:
    """Return whom the plan would contact, and the first ten as they are shown."""
    if not (report / CALLS).exists():
        return pd.DataFrame(), []
    frame = pd.read_parquet(report / CALLS)
    first = frame.reindex(columns=["contact_id", "name", "owner", "action", "reasons"]).head(MOST_CALLS)
    rows, shown = first.astype("object").fillna("").to_dict("records"), []
    for row, gain in zip(rows, frame["expected_gain"], strict=False):
        what, why = str(row["action"]), str(row["reasons"]).partition("; ")[0]
        shown.append(
            Call(
                name=str(row["name"] or row["contact_id"]),
                owner=str(row["owner"]),
                what=what[:1].upper() + what[1:],
                why=why,
                gain=money(float(gain), currency) if abs(gain) >= 1 else estimate(float(gain), currency),
            )
        )
    return frame, shown


def in_one_minute(known: Known, first_call: str) -> list[Answer]:
    """Return the five questions with their answers."""
    return [
        _growing(known),
        _whom(known, first_call),
        _wasteful(known),
        _how_sure(known),
        Answer(_("Is the data complete?"), account.in_one_line(known.dataset.accounts.values()), "#quality"),
    ]


def _growing(known: Known) -> Answer:
    question, found = _("Are sales growing?"), known.finding("portfolio.growth")
    sales = next((figure for figure in known.figures if figure.name == "net_sales"), None)
    link, told = (_link(found), found["id"]) if found else ("", "")
    if sales is None:
        return Answer(question, known.why("01_portfolio", ""))
    if sales.change is None:
        first = known.dataset.query("coverage")["first_date"].iloc[0].date()
        begin = _("Not to be told yet: it takes two years, and the sales begin on {day}.")
        if found is None:
            return Answer(question, begin.format(day=date(first)))
        plain = _("Yes.") if found.get("good") else _("No.")
        return Answer(question, f"{plain} {found['text']}", link, told)
    message = _("Yes: net sales {change}.") if sales.change > 0 else _("No: net sales {change}.")
    return Answer(question, message.format(change=sales.changed()), link, told)


def _whom(known: Known, first: str) -> Answer:
    question, found = _("Whom do I call?"), known.finding("actions.budget")
    if not first:
        reason = _("With nobody does a contact bring more than it costs, as far as can be told.")
        return Answer(question, known.why("08_action_plan", reason))
    count = len(known.calls)
    text = ngettext(
        "{name}: the only contact that is expected to pay.",
        "{name} first; the plan has {n} contacts that are expected to pay.",
        count,
    ).format(name=first, n=number(count))
    return Answer(question, text, "#calls", found["id"] if found else "")


def _wasteful(known: Known) -> Answer:
    question = _("Which channel wastes money?")
    if found := known.finding("acquisition.wasteful_channel"):
        return Answer(question, _sentence(found), _link(found), found["id"])
    if found := known.finding("acquisition.ratio"):
        text = _("None clearly. {text}").format(text=found["text"])
        return Answer(question, text, _link(found), found["id"])
    missing = _("Not known: a table of what was spent (spend: month, channel, amount) would show it.")
    if "spend" in known.dataset.tables:
        missing = _("What was spent does not tell: too few customers are known to come from it.")
    return Answer(question, known.why("06_acquisition", missing))


def _how_sure(known: Known) -> Answer:
    question = _("How sure is the forecast?")
    if found := known.finding("ltv.holdout_value"):
        return Answer(question, _sentence(found), _link(found), found["id"])
    unknown = _("Not known: the history is too short to check a forecast on.")
    return Answer(question, known.why("04_ltv", unknown))


def _sentence(found: dict[str, Any]) -> str:
    """Return what a finding says, and what follows from it."""
    return " ".join(filter(None, [found["text"], found.get("action")]))


def _link(found: dict[str, Any]) -> str:
    return f"{found['notebook']}.html#{found['id']}"
