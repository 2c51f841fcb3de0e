"""What a notebook leaves behind: tables, figures with alternative text, and findings."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from IPython.display import display

from analysis.customer_columns import dictionary
from analysis.display_names import words
from analysis.language import _, number
from analysis.not_possible import NotPossible
from analysis.profile_parts import Profiles
from analysis.report import account, tables
from analysis.report.atomic_write import write_bytes, write_text
from analysis.result import Finding, Result, Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.dataset import Dataset

DPI = 110
ANCHOR = "cartera_anchor"
"""Key of an output's metadata: by which name the report's page leads to it."""
LINE = "cartera_line"
"""Key of a table's metadata: the line of the cell that showed it."""
DICTIONARY = "customers_dictionary"
AT_ONCE = 250_000
"""Rows of a table that are held as text while it is written."""
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class _Shown:
    """What is shown beside a finding: the names of its figure and of its tables."""

    figure: str | None = None
    tables: Sequence[str] = ()


class Results:
    """Show results in a notebook and, where a folder is given, leave them there.

    Parameters
    ----------
    notebook
        Name of the notebook, such as ``01_portfolio``.
    folder
        Where ``tables/``, ``figures/``, ``findings.json`` and ``closed.json`` go; None writes nothing.
    currency
        ISO 4217 code of the amounts, or None where it is not known.
    days
        First and last day of the data, as `Dataset.days` tells: what a figure is of that names no others.
    """

    def __init__(
        self,
        notebook: str,
        folder: str | Path | None = None,
        currency: str | None = None,
        days: tuple[dt.date | None, dt.date] | None = None,
    ) -> None:
        self._notebook = notebook
        self._folder = Path(folder) if folder is not None else None
        self._currency = currency
        self._findings: dict[str, tuple[Finding, _Shown]] = {}
        self._reasons: list[str] = []
        self._days = days

    def show(self, result: Result | NotPossible) -> None:
        """Show all of a topic's result: its figure, tables, findings and notes; or why it is not possible.

        Parameters
        ----------
        result
            What a topic's function returned.
        """
        if isinstance(result, NotPossible):
            self._say_why_not(result)
            return
        if result.is_drawn:
            from analysis.plots import plot, theme  # noqa: PLC0415 slow, and needed only here

            with theme.covering(self._days):
                self.figure(result.name, plot(result), alt=result.sentence())
        shown = result.tables()
        beside = _Shown(result.name if result.is_drawn else None, [*shown])
        for found in result.findings() if result.is_drawn else []:  # the sentence belongs to the chart
            self._keep(found, beside)
        for name, frame in shown.items():
            self.table(name, frame)
        for found in [] if result.is_drawn else result.findings():
            self._keep(found, beside)
        for note in result.notes():
            self.note(note)

    def table(self, name: str, frame: pd.DataFrame | NotPossible) -> None:
        """Show ``frame`` and save it whole as ``tables/<notebook>/<name>.csv`` and ``.parquet``.

        Parameters
        ----------
        name
            File name without ending.
        frame
            What to show: its first rows and columns; a named index counts as columns. Caption, headings and
            formats are those of `analysis.display_names`. Where it is not possible, the reason is shown.
        """
        if isinstance(frame, NotPossible):
            self._say_why_not(frame)
            return
        said = words(name, frame)
        shown = tables.shown(
            frame, said["labels"], said["formats"], self._currency, columns=tables.COLUMNS_SHOWN
        )
        _show_table(shown, said["caption"], name)
        if self._folder is not None:
            _save(self._path("tables", name), frame, name)

    def customers(self, profile: pd.DataFrame | Profiles) -> None:
        """Save the customer profile on top of the folder, with its data dictionary, and say so."""
        if self._folder is None:
            return
        if isinstance(profile, pd.DataFrame):
            profile = Profiles([profile], profile.attrs)
        path, name, first = self._folder / "customers", "customer_profile", profile.head(0)
        if profile.in_parts:
            _save_parts(path, profile.parts, profile.schema(), first, name)
        else:
            _save(path, profile.table(), name)
        _save(self._folder / DICTIONARY, dictionary(first, profile.known()), DICTIONARY)
        said = _(
            "All {customers} customers, with {columns} columns each, are in customers.csv and "
            "customers.parquet; customers_dictionary.csv says what each column means."
        )
        self.note(said.format(customers=number(len(profile)), columns=number(len(profile.columns))))

    def figure(self, name: str, ax: Axes, alt: str) -> None:
        """Show the figure of ``ax`` with ``alt`` as its text, save it as PNG, and close it.

        Parameters
        ----------
        name
            File name without ending, in ``figures/<notebook>/``.
        ax
            Any of the figure's axes.
        alt
            The finding, for whoever cannot see the picture.
        """
        figure = ax.get_figure(root=True)
        if figure is None:
            raise ValueError(f"the axes of {name!r} belong to no figure")
        png = _picture(figure)
        image = base64.b64encode(png).decode("ascii")
        _display(
            {"image/png": image, "text/plain": alt}, {"image/png": {"alt": alt}, ANCHOR: f"figure-{name}"}
        )
        if self._folder is not None:
            write_bytes(self._path("figures", name).with_suffix(".png"), png)
        _close(figure)

    def finding(
        self,
        finding_id: str,
        text: str,
        value: Value = None,
        unit: str | None = None,
        *,
        money: float | None = None,
        good: bool | None = None,
    ) -> None:
        """Show a sentence computed from the data and remember it; the same id replaces the earlier one.

        Parameters
        ----------
        finding_id, text, value, unit, money, good
            See `analysis.result.Finding`.
        """
        self._keep(Finding(finding_id, text, value, unit, money, good))

    def _keep(self, found: Finding, beside: _Shown = _Shown()) -> None:
        self._findings[found.id] = (found, beside)
        action = f' <span class="action">{escape(found.action)}</span>' if found.action else ""
        html = f'<p class="finding" id="{escape(found.id)}">{escape(found.text)}{action}</p>'
        _show(html, " ".join(filter(None, [found.text, found.action])))
        if self._folder is not None:
            kept = [_entry(self._notebook, *one) for one in self._findings.values()]
            self._save_entries(self._folder / "findings.json", kept)

    def _say_why_not(self, result: NotPossible) -> None:
        """Show the reason, once: of what follows from it later on nothing is said."""
        if result.reason in self._reasons:
            return
        self.note(result.reason)
        self._reasons.append(result.reason)
        if self._folder is not None:
            reasons = [{"notebook": self._notebook, "reason": reason} for reason in self._reasons]
            self._save_entries(self._folder / "closed.json", reasons)

    def findings(self) -> None:
        """Show all findings so far as a list."""
        texts = [finding.text for finding, _beside in self._findings.values()]
        if not texts:
            above = _("Nothing is found: what it would take stands above.")
            self.note(above if self._reasons else _("There is too little data for a finding."))
            return
        _show(*_listed(texts, "findings"))

    def note(self, text: str) -> None:
        """Show a computed sentence that is not a finding, such as why a section is empty."""
        _show(f'<p class="note">{escape(text)}</p>', text)

    def sample(self, dataset: Dataset) -> None:
        """Show on how many customers what follows is worked out, where it is not on all."""
        if dataset.whole is None:
            return
        n, total = (int(one.query("coverage")["customers"].iloc[0]) for one in (dataset, dataset.whole))
        message = _("What follows is worked out on {n} of {total} customers, drawn at random.")
        self.note(message.format(n=number(n), total=number(total)))

    def leave(self, files: Mapping[str, bytes] | NotPossible) -> None:
        """Leave files for other programs: workbooks at the top, others beside the tables."""
        if isinstance(files, NotPossible):
            self._say_why_not(files)
            return
        beside = f"tables/{self._notebook}/"
        paths = {(name if name.endswith(".xlsx") else beside + name): text for name, text in files.items()}
        message = _("With a folder to write to ('out'), these files are left: {files}.")
        if self._folder is not None:
            message = _("Files left: {files}.")
            for path, content in paths.items():
                write_bytes(self._folder / path, content)
        self.note(message.format(files=", ".join(paths)))

    def data_quality(self, dataset: Dataset) -> None:
        """Show what became of every row that was read, what was assumed, and what to beware of."""
        quality = dataset.quality
        for text in account.warnings(dataset):
            _show(f'<p class="warning"><strong>{escape(_("Beware"))}</strong> {escape(text)}</p>', text)
        for one in filter(None, [account.overview(dataset), account.rows(quality)]):
            _show_table(one.shown(self._currency), one.caption, one.name)
        if quality.assumptions:
            title = _("What was assumed")
            items, plain = _listed(quality.assumptions, "assumptions")
            _show(f'<p class="assumed">{escape(title)}</p>\n{items}', f"{title}\n{plain}")

    def _path(self, kind: str, name: str) -> Path:
        if self._folder is None or not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no file name: use small letters, digits and underscores")
        return self._folder / kind / self._notebook / name

    def _save_entries(self, path: Path, said: Sequence[Mapping[str, Any]]) -> None:
        """Write what this notebook says into a list of all, in place of what it said there before."""
        saved = json.loads(path.read_text("utf-8")) if path.exists() else []
        entries = [entry for entry in saved if entry["notebook"] != self._notebook] + [*said]
        entries.sort(key=lambda entry: str(entry["notebook"]))
        write_text(path, json.dumps(entries, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _save(path: Path, frame: pd.DataFrame, name: str) -> None:
    """Write the table ``name`` as CSV, with the reader's headings, and as Parquet."""
    table = tables.flat(frame)
    if len(table) > AT_ONCE:
        stored = tables.storable(table)
        schema = pa.Schema.from_pandas(stored, preserve_index=False)
        _save_parts(path, partial(_slices, stored), schema, table, name)
        return
    said = words(name, frame)
    write_bytes(path.with_suffix(".csv"), tables.to_csv(frame, said["labels"], said["formats"]))
    write_bytes(path.with_suffix(".parquet"), tables.to_parquet(frame))


def _slices(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for first in range(0, len(table), AT_ONCE):
        yield table.iloc[first : first + AT_ONCE]


def _save_parts(
    path: Path,
    parts: Callable[[], Iterator[pd.DataFrame]],
    schema: pa.Schema,
    columns: pd.DataFrame,
    name: str,
) -> None:
    """Write a table that comes in parts as `_save` does, without holding all of its text."""
    said = words(name, columns)
    tables.write_csv(path.with_suffix(".csv"), parts(), said["labels"], said["formats"])
    tables.write_parquet(path.with_suffix(".parquet"), parts(), schema)


def _listed(texts: Sequence[str], kind: str) -> tuple[str, str]:
    """Return texts as a list, in HTML and in plain text."""
    items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="{kind}">\n{items}\n</ul>', "\n".join(f"- {text}" for text in texts)


def _show(html: str, plain: str) -> None:
    _display({"text/html": html, "text/plain": plain}, {})


def _show_table(table: tables.Shown, caption: str, name: str) -> None:
    plain, place = tables.to_plain(table, caption), {ANCHOR: f"table-{name}", LINE: _line()}
    _display({"text/html": tables.to_html(table, caption), "text/plain": plain}, place)


def _line() -> int:
    """Return the line that is being executed of the cell, or of the program."""
    frame = sys._getframe()
    while frame.f_code.co_name != "<module>" and frame.f_back:
        frame = frame.f_back
    return frame.f_lineno


def _display(data: dict[str, str], metadata: dict[str, Any]) -> None:
    display(data, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]


def _picture(figure: Figure) -> bytes:
    """Return the figure as PNG in 256 colours: charts need no more, and the file is half as large."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 slow, and needed only here
    from PIL import Image  # noqa: PLC0415 comes with matplotlib

    figure.set_dpi(DPI)
    canvas, smaller = FigureCanvasAgg(figure), io.BytesIO()
    canvas.draw()  # type: ignore[no-untyped-call]  # once, where savefig draws twice
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    image = Image.fromarray(pixels).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(smaller, "PNG", optimize=True)
    return smaller.getvalue()


def _close(figure: Figure) -> None:
    """Let pyplot forget the figure, if pyplot drew it."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)


def _entry(notebook: str, finding: Finding, beside: _Shown) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in asdict(finding).items()}
    return {"id": plain.pop("id"), "notebook": notebook, **plain, **asdict(beside)}


def _plain(value: Any) -> Value:  # noqa: ANN401 numpy's numbers come in many classes
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (int, float, str)) else str(value)
