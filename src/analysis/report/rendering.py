"""The templates of the report, filled in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis import language
from analysis.language import _
from analysis.report.record import About

TEMPLATES = Path(__file__).parent / "html"
STYLES = ("style.css", "front.css")


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
    style = Markup("".join((TEMPLATES / name).read_text("utf-8") for name in STYLES))  # noqa: S704 ours
    started = dt.datetime.fromisoformat(about["started"])
    return environment.get_template(template).render(about=about, style=style, started=started, **values)
