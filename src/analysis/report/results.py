"""What a notebook leaves behind: tables, figures with alternative text, and findings."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import sys
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython.display import display

from analysis.language import _
from analysis.report import account, tables
from analysis.report.atomic_write import write_bytes, write_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.dataset import Dataset

Value = float | int | str | None
DPI = 110
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Finding:
    """One sentence computed from the data.

    Attributes
    ----------
    id
        Topic and name, such as ``portfolio.customers_for_80``: the same in every run and language.
    notebook
        Notebook that states it.
    text
        The sentence, in the reader's language.
    value
        The number behind it, for a machine.
    unit
        What ``value`` counts: ``share``, ``money``, ``customers``, ``days`` …
    """

    id: str
    notebook: str
    text: str
    value: Value
    unit: str | None


class Results:
    """Show results in a notebook and, where a folder is given, leave them there.

    Parameters
    ----------
    notebook
        Name of the notebook, such as ``01_portfolio``.
    folder
        Where ``tables/``, ``figures/`` and ``findings.json`` go; None writes nothing.
    currency
        ISO 4217 code of the amounts, or None where it is not known.
    """

    def __init__(self, notebook: str, folder: str | Path | None = None, currency: str | None = None) -> None:
        self._notebook = notebook
        self._folder = Path(folder) if folder is not None else None
        self._currency = currency
        self._findings: dict[str, Finding] = {}

    def table(
        self,
        name: str,
        frame: pd.DataFrame,
        caption: str,
        labels: tables.Labels | None = None,
        formats: tables.Formats | None = None,
    ) -> None:
        """Show ``frame`` and save it whole as ``tables/<notebook>/<name>.csv`` and ``.parquet``.

        Parameters
        ----------
        name
            File name without ending.
        frame
            What to show: its first rows; a named index counts as columns.
        caption
            What the table says, in the reader's language.
        labels, formats
            Heading and format of columns; see `analysis.report.tables.shown`.
        """
        self._show_table(frame, caption, labels or {}, formats or {})
        if self._folder is not None:
            path = self._path("tables", name)
            write_bytes(path.with_suffix(".csv"), tables.to_csv(frame))
            write_bytes(path.with_suffix(".parquet"), tables.to_parquet(frame))

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
        png = _png(figure)
        image = base64.b64encode(png).decode("ascii")
        _display({"image/png": image, "text/plain": alt}, {"image/png": {"alt": alt}})
        if self._folder is not None:
            write_bytes(self._path("figures", name).with_suffix(".png"), png)
        _close(figure)

    def finding(self, finding_id: str, text: str, value: Value = None, unit: str | None = None) -> None:
        """Show a sentence computed from the data and remember it; the same id replaces the earlier one.

        Parameters
        ----------
        finding_id
            Topic and name, such as ``portfolio.customers_for_80``.
        text
            One whole sentence in the reader's language.
        value, unit
            The number behind it and what it counts.
        """
        self._findings[finding_id] = Finding(finding_id, self._notebook, text, _plain(value), unit)
        _show(f'<p class="finding" id="{escape(finding_id)}">{escape(text)}</p>', text)
        if self._folder is not None:
            self._save_findings(self._folder / "findings.json")

    def findings(self) -> None:
        """Show all findings so far as a list."""
        texts = [finding.text for finding in self._findings.values()]
        if not texts:
            self.note(_("There is too little data for a finding."))
            return
        items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
        _show(f'<ul class="findings">\n{items}\n</ul>', "\n".join(f"- {text}" for text in texts))

    def note(self, text: str) -> None:
        """Show a computed sentence that is not a finding, such as why a section is empty."""
        _show(f'<p class="note">{escape(text)}</p>', text)

    def data_quality(self, dataset: Dataset) -> None:
        """Show what became of every row that was read, what was assumed, and what to beware of."""
        quality = dataset.quality
        for text in account.warnings(dataset):
            _show(f'<p class="warning"><strong>{escape(_("Beware"))}</strong> {escape(text)}</p>', text)
        for one in filter(None, [account.overview(dataset), account.rows(quality)]):
            self._show_table(one.frame, one.caption, one.labels, one.formats)
        if quality.assumptions:
            title = _("What was assumed")
            items = "\n".join(f"<li>{escape(text)}</li>" for text in quality.assumptions)
            plain = "\n".join([title, *(f"- {text}" for text in quality.assumptions)])
            _show(f'<p class="assumed">{escape(title)}</p>\n<ul class="assumptions">\n{items}\n</ul>', plain)

    def _show_table(
        self, frame: pd.DataFrame, caption: str, labels: tables.Labels, formats: tables.Formats
    ) -> None:
        table = tables.shown(frame, labels, formats, self._currency)
        _show(tables.to_html(table, caption), tables.to_plain(table, caption))

    def _path(self, kind: str, name: str) -> Path:
        if self._folder is None or not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no file name: use small letters, digits and underscores")
        return self._folder / kind / self._notebook / name

    def _save_findings(self, path: Path) -> None:
        saved = json.loads(path.read_text("utf-8")) if path.exists() else []
        others = [entry for entry in saved if entry["notebook"] != self._notebook]
        entries = others + [asdict(finding) for finding in self._findings.values()]
        entries.sort(key=lambda entry: str(entry["notebook"]))
        write_text(path, json.dumps(entries, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _show(html: str, plain: str) -> None:
    _display({"text/html": html, "text/plain": plain}, {})


def _display(data: dict[str, str], metadata: dict[str, Any]) -> None:
    display(data, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return _with_palette(buffer)


def _with_palette(png: io.BytesIO) -> bytes:
    """Return the picture in 256 colours: charts need no more, and the file is half as large."""
    from PIL import Image  # noqa: PLC0415 comes with matplotlib, and is needed only here

    smaller = io.BytesIO()
    with Image.open(png) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(smaller, "PNG", optimize=True)
    return smaller.getvalue()


def _close(figure: Figure) -> None:
    """Let pyplot forget the figure, if pyplot drew it."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)


def _plain(value: Any) -> Value:  # noqa: ANN401 numpy's numbers come in many classes
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (int, float, str)) else str(value)
