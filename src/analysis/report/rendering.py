"""The templates of the report, filled in."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis import language
from analysis.language import _
from analysis.report.record import About

TEMPLATES = Path(__file__).parent / "html"
STYLES = ("style.css", "front.css", "print.css")
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_ALIGNED = re.compile(r' style="text-align: ?(left|right|center)"')


def render(template: str, about: About, **values: Any) -> str:  # noqa: ANN401 templates take anything
    """Return a template of ``html/`` filled in; everything in ``values`` is escaped unless marked as safe."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(_, language.ngettext, newstyle=False)  # type: ignore[attr-defined]
    environment.filters |= {"number": language.number, "money": language.money, "day": language.date}
    style = "\n" + "".join((TEMPLATES / name).read_text("utf-8") for name in STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    html = environment.get_template(template).render(
        about=about,
        style=Markup(style),  # noqa: S704 our own files
        style_hash=digest,
        started=dt.datetime.fromisoformat(about["started"]),
        **values,
    )
    return _ALIGNED.sub(_class, _TABLE.sub(_scrolling, html))


def _scrolling(table: re.Match[str]) -> str:
    """Put a table into a box that scrolls where the table is too wide, from the keyboard too."""
    caption = _CAPTION.search(table[0])
    name = caption[1] if caption else _("Table")
    return f'<div class="scrolls" role="region" tabindex="0" aria-label="{name}">{table[0]}</div>'


def _class(aligned: re.Match[str]) -> str:
    """Return how a cell is aligned as a class: the pages' security policy lets no cell have a style."""
    return "" if aligned[1] == "left" else f' class="{aligned[1]}"'
