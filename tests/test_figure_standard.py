"""Every chart of the notebooks on ``demo`` keeps the standard of docs/design.md: one test for each rule."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from analysis import use_language
from analysis.plots import plot, theme
from analysis.report.results import Results
from analysis.result import Result

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
FAST = ("01_portfolio", "01_portfolio_audit", "02_segmentation", "05_profitability", "07_satisfaction")
SLOW = ("02_segmentation_check", "03_churn", "03_churn_contracts", "03_churn_check", "04_ltv")
SLOW = (*SLOW, "04_ltv_check", "06_acquisition", "08_action_plan")
SIGNS = re.compile(r"[=<>≤≥≠≈→←×±∞|^_]|(?<![\w–-])[-−+]\d")
YEAR = re.compile(r"\b\d{4}\b")
SMALLEST = 8.0  # points, of letters at the width of a report's page
PAGE = 800 / 96  # inches
DAYS = 1461  # of demo: 2022 to 2025


@pytest.fixture(
    scope="module", params=[*FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
)
def figures(request: pytest.FixtureRequest) -> Iterator[list[Figure]]:
    """What a notebook draws of ``demo``, in Spanish, whose words are longer."""
    drawn: list[Figure] = []

    def show(self: Results, result: object) -> None:
        if isinstance(result, Result) and result.is_drawn:
            with theme.covering(self._days):
                drawn.append(plot(result).get_figure(root=True))
            drawn[-1].draw_without_rendering()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Results, "show", show)
        for name in ("table", "note", "leave", "figure", "finding", "findings", "data_quality", "customers"):
            patch.setattr(Results, name, lambda *_given, **_named: None)
        names: dict[str, object] = {"display": lambda *_shown: None}
        for cell in json.loads((NOTEBOOKS / f"{request.param}.ipynb").read_text("utf-8"))["cells"]:
            tags = cell["metadata"].get("tags", [])
            if cell["cell_type"] == "code" and "lesson" not in tags:
                exec("".join(cell["source"]), names)
            if "parameters" in tags:
                names["language"] = "es"
    assert drawn
    yield drawn
    use_language("en")


def texts(figure: Figure) -> list[Text]:
    """Return the words that are seen."""
    return [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]


def below(figure: Figure) -> str:
    """Return the line below the claim."""
    return " ".join(figure.texts[1].get_text().split())


def in_money(figure: Figure) -> bool:
    """Tell whether an amount stands anywhere below the head."""
    return any("€" in one.get_text() for one in texts(figure) if one not in figure.texts)


def test_titles_are_claims_of_at_most_three_lines_without_signs(figures: list[Figure]) -> None:
    for figure in figures:
        assert figure.get_suptitle()
        assert len(figure.get_suptitle().splitlines()) <= 3
        assert not SIGNS.search(figure.get_suptitle()), figure.get_suptitle()
        assert not figure.get_suptitle().endswith(".")


def test_below_the_title_stand_what_is_drawn_its_unit_and_its_period(figures: list[Figure]) -> None:
    for figure in figures:
        said, _point, period = below(figure).partition(" · ")
        assert said
        assert YEAR.search(period), below(figure)
        if any("€" in label.get_text() for ax in figure.axes for label in ax.get_yticklabels()):
            assert "euros" in said, said


def test_nothing_is_cut_and_the_head_lies_above_the_chart(figures: list[Figure]) -> None:
    for figure in figures:
        edge, title, said = figure.bbox.padded(2), *(one.get_window_extent() for one in figure.texts)
        assert max(title.x1, said.x1) <= edge.x1, figure.get_suptitle()
        assert said.y1 <= title.y0 + 2
        for ax in filter(Axes.get_visible, figure.axes):
            box = ax.get_tightbbox()
            assert edge.x0 <= box.x0 < box.x1 <= edge.x1, figure.get_suptitle()
            assert edge.y0 <= box.y0 < box.y1 <= said.y0 + 2, figure.get_suptitle()


def test_letters_are_large_enough_at_the_width_of_the_page(figures: list[Figure]) -> None:
    for figure in figures:
        scale = min(PAGE / figure.get_figwidth(), 1)
        small = {one.get_text() for one in texts(figure) if one.get_fontsize() * scale < SMALLEST}
        assert not small


def test_colours_have_one_meaning_and_good_and_bad_are_of_money(figures: list[Figure]) -> None:
    ours = {shade.lower() for shade in (*theme.COLOURS.values(), *theme.ALTERNATIVES, "#000000", "#ffffff")}
    gained_or_lost = {theme.COLOURS[name].lower() for name in ("good", "bad")}
    for figure in figures:
        marks = [
            *(to_hex(bar.get_facecolor()) for ax in figure.axes for bar in ax.patches if bar.get_fill()),
            *(to_hex(line.get_color()) for ax in figure.axes for line in ax.lines),
        ]
        strange = {shade for shade in marks if shade not in ours and len(set(shade[1::2])) > 1}  # no grey
        assert not strange, figure.get_suptitle()
        assert in_money(figure) or not gained_or_lost & set(marks), figure.get_suptitle()


def test_no_customer_has_a_mark_of_its_own(figures: list[Figure]) -> None:
    """A curve bends at each day at most, twice if it has steps; 4,000 customers bought on 1,461 days."""
    most = 2 * (DAYS + 1)
    for figure in figures:
        bends = [len(line.get_xdata(orig=False)) for line in figure.findobj(Line2D)]
        for marks in figure.findobj(Collection):
            bends += [len(marks.get_offsets()), *(len(path.vertices) // 2 for path in marks.get_paths())]
        assert max(bends) <= most, figure.get_suptitle()
        assert sum(len(ax.patches) for ax in figure.axes) <= DAYS, figure.get_suptitle()
