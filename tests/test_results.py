"""What a notebook leaves behind: shown, saved, escaped."""

import base64
import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import display_names
from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.not_possible import NotPossible
from analysis.plots import plot, theme
from analysis.report import results as results_module
from analysis.report import tables
from analysis.report.results import Results
from analysis.result import Finding, Listed, Result

ROOT = Path(__file__).parents[1]
HOSTILE = ["<script>alert(1)</script>", "=cmd()", "+1", "-1", "@x", "\tx", "\rx", "safe"]


@pytest.fixture
def shown(monkeypatch):
    """What would have been displayed: (data, metadata) of each output."""
    outputs = []
    monkeypatch.setattr(
        results_module, "display", lambda data, raw, metadata: outputs.append((data, metadata))
    )
    yield outputs
    use_language("en")


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "customer_id": HOSTILE,
            "net_sales": [1234.5, -2.0, None, 0, 1e6, 3, 4, 5],
            "last": pd.to_datetime(["1997-09-30", None, *["1998-01-01"] * 6]),
        }
    )


def test_table_is_escaped_and_formatted(frame):
    labels, formats = {"net_sales": "Net & sales"}, {"net_sales": "money", "last": "date"}
    html = tables.to_html(tables.shown(frame, labels, formats, "EUR"), "a < b")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "a &lt; b" in html
    assert "Net &amp; sales" in html
    assert "€1,234" in html
    assert "30 Sept 1997" in html
    assert "NaT" not in html
    assert "nan" not in html


def test_table_speaks_the_readers_language(shown, frame):
    use_language("es")
    Results("01_portfolio", currency="EUR").table("segments", frame)
    html = shown[0][0]["text/html"]
    assert "<caption>Segmentos, de mejor a peor</caption>" in html
    assert ">Ventas netas</th>" in html
    assert "1.235\N{NO-BREAK SPACE}€" in html or "1.234\N{NO-BREAK SPACE}€" in html
    assert "30 sept 1997" in html


def test_long_table_says_how_long_and_is_saved_whole(shown, tmp_path):
    Results("01_portfolio", folder=tmp_path).table("long", pd.DataFrame({"x": range(1234)}))
    assert "The first 20 of 1,234 rows." in shown[0][0]["text/plain"]
    saved = tmp_path / "tables" / "01_portfolio" / "long"
    assert len(pd.read_csv(saved.with_suffix(".csv"))) == 1234
    assert len(pd.read_parquet(saved.with_suffix(".parquet"))) == 1234


def test_named_index_is_shown_and_saved_and_an_unnamed_one_is_not(shown, tmp_path):
    results = Results("01_portfolio", folder=tmp_path)
    counts = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="kind"))
    results.table("named", counts)
    results.table("unnamed", counts.reset_index().iloc[::-1])
    assert list(pd.read_csv(tmp_path / "tables/01_portfolio/named.csv")) == ["Kind", "x (repeat purchases)"]
    assert list(pd.read_csv(tmp_path / "tables/01_portfolio/unnamed.csv")) == ["Kind", "x (repeat purchases)"]


def test_unknown_columns_and_formats_are_refused(shown, frame):
    with pytest.raises(ValueError, match="not there"):
        tables.shown(frame, {"net": "Net"}, {}, None)
    with pytest.raises(ValueError, match="no format"):
        tables.shown(frame, {}, {"net_sales": "euros"}, None)


def test_csv_disarms_formulas_and_leaves_numbers_alone(frame):
    text = tables.to_csv(frame.assign(decimal=[Decimal("-1.5")] * 8))
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert [row["customer_id"] for row in rows] == [
        "<script>alert(1)</script>", "'=cmd()", "'+1", "'-1", "'@x", "'\tx", "'\rx", "safe",
    ]  # fmt: skip
    assert [row["net_sales"] for row in rows][:3] == ["1234.5", "-2", ""]
    assert rows[0]["decimal"] == "-1.5"
    assert [row["last"] for row in rows][:2] == ["1997-09-30", ""]


def test_csv_has_headings_whole_numbers_and_no_digits_that_mean_nothing():
    """Amounts to the cent; of other numbers six digits, or all before the point and two behind it."""
    frame = pd.DataFrame(
        {
            "customers": [3.0, None, -0.0],
            "net_sales": [1234567.891, 0.125001, 5.0],
            "low": [2 / 3, 0.00012345678, 1234567.891],
            "high": [1.0, float("inf"), 100.0],
        }
    )
    labels = {"customers": "Customers", "low": "95%", "high": "95%"}
    text = tables.to_csv(frame, labels, {"net_sales": "money"}).decode("utf-8-sig")
    assert text.splitlines() == [
        "Customers,net_sales,95% (low),95% (high)",
        "3,1234567.89,0.666667,1",
        ",0.13,0.000123457,inf",
        "0,5,1234567.89,100",
    ]


def test_column_names_from_data_are_disarmed_too():
    text = tables.to_csv(pd.DataFrame({"=cmd()": [1]})).decode("utf-8-sig")
    assert text.startswith("'=cmd()")


def test_spanish_csv_is_what_a_spanish_spreadsheet_opens():
    use_language("es")
    try:
        text = tables.to_csv(pd.DataFrame({"a": [1.5], "b": ["x;y"]})).decode("utf-8-sig")
    finally:
        use_language("en")
    assert text == 'a;b\r\n1,5;"x;y"\r\n'


def test_periods_and_intervals_survive_parquet():
    frame = pd.DataFrame({"month": pd.period_range("1997-01", periods=3, freq="M"), "x": [1, 2, 3]})
    frame["bin"] = pd.cut(frame["x"], 3).astype("interval")
    back = pd.read_parquet(io.BytesIO(tables.to_parquet(frame)))
    assert back["month"].tolist() == ["1997-01", "1997-02", "1997-03"]


def test_figure_has_its_text_and_is_saved(shown, tmp_path):
    ax = Figure().add_subplot()
    Results("01_portfolio", folder=tmp_path).figure("lorenz", ax, alt='A "fifth" buys <most>.')
    data, metadata = shown[0]
    assert metadata == {"image/png": {"alt": 'A "fifth" buys <most>.'}, "cartera_anchor": "figure-lorenz"}
    assert data["text/plain"] == 'A "fifth" buys <most>.'
    saved = (tmp_path / "figures/01_portfolio/lorenz.png").read_bytes()
    assert saved == base64.b64decode(data["image/png"])


def test_same_figure_is_the_same_file(shown):
    for _time in range(2):
        Results("01_portfolio").figure("f", Figure().add_subplot(), alt="x")
    assert shown[0][0]["image/png"] == shown[1][0]["image/png"]


def test_a_finding_says_what_follows_and_where_it_is_shown(shown, tmp_path):
    found = Finding("portfolio.a", "Much is lost.", action="Call <them>.", usual=0.5)
    Results("01_portfolio", folder=tmp_path).show(Listed({"lost": pd.DataFrame({"n": [1]})}, "x", found))
    assert shown[1][0]["text/plain"] == "Much is lost. Call <them>."
    assert '<span class="action">Call &lt;them&gt;.</span>' in shown[1][0]["text/html"]
    (saved,) = json.loads((tmp_path / "findings.json").read_text("utf-8"))
    assert saved | {"action": "Call <them>.", "usual": 0.5, "figure": None, "tables": ["lost"]} == saved


def test_findings_are_escaped_listed_and_saved(shown, tmp_path):
    results = Results("01_portfolio", folder=tmp_path)
    results.finding("portfolio.a", "Old.", value=1, unit="customers")
    results.finding("portfolio.b", "<b> leads.", value=float("nan"), unit="share")
    results.finding(
        "portfolio.a", "New.", value=pd.Series([2.5]).iloc[0], unit="customers", money=70.0, good=True
    )
    results.findings()
    assert "&lt;b&gt;" in shown[1][0]["text/html"]
    assert 'id="portfolio.b"' in shown[1][0]["text/html"]
    assert shown[3][0]["text/plain"] == "- New.\n- <b> leads."
    assert json.loads((tmp_path / "findings.json").read_text("utf-8")) == [
        {
            "id": "portfolio.a",
            "notebook": "01_portfolio",
            "text": "New.",
            "value": 2.5,
            "unit": "customers",
            "money": 70.0,
            "good": True,
            "action": "",
            "usual": None,
            "figure": None,
            "tables": [],
        },
        {
            "id": "portfolio.b",
            "notebook": "01_portfolio",
            "text": "<b> leads.",
            "value": None,
            "unit": "share",
            "money": None,
            "good": None,
            "action": "",
            "usual": None,
            "figure": None,
            "tables": [],
        },
    ]


def test_a_second_notebook_keeps_the_findings_of_the_first(shown, tmp_path):
    Results("02_segmentation", folder=tmp_path).finding("segmentation.a", "Two.")
    Results("01_portfolio", folder=tmp_path).finding("portfolio.a", "One.")
    texts = [entry["text"] for entry in json.loads((tmp_path / "findings.json").read_text("utf-8"))]
    assert texts == ["One.", "Two."]


def test_without_findings_it_says_so(shown):
    Results("01_portfolio").findings()
    assert shown[0][0]["text/plain"] == "There is too little data for a finding."


def test_why_something_is_not_possible_is_saved_once(shown, tmp_path):
    results = Results("02_segmentation", folder=tmp_path)
    for reason in ("No costs.", "No leads.", "No costs."):
        results.show(NotPossible(reason))
    Results("01_portfolio", folder=tmp_path).table("rows", NotPossible("No costs."))
    assert json.loads((tmp_path / "closed.json").read_text("utf-8")) == [
        {"notebook": "01_portfolio", "reason": "No costs."},
        {"notebook": "02_segmentation", "reason": "No costs."},
        {"notebook": "02_segmentation", "reason": "No leads."},
    ]


def test_without_a_folder_nothing_is_written(shown, frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = Results("01_portfolio")
    results.table("rows", frame)
    results.figure("f", Figure().add_subplot(), alt="x")
    results.finding("portfolio.a", "One.")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_is_one_sentence(shown, frame, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CarteraError, match="cannot be written"):
        Results("01_portfolio", folder=tmp_path / "file").table("rows", frame)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


class Sample(Result):
    """A result with all that a result can have."""

    name = "sample"

    def title(self):
        return "Half of it"

    def sentence(self):
        return "Half of it is there."

    def tables(self):
        return {"bridge": pd.DataFrame({"step": ["a"], "amount": [1.0]})}

    def findings(self):
        return [Finding("portfolio.half", self.sentence(), 0.5, "share")]

    def notes(self):
        return ["Mind the other half."]


@plot.register
def _(result: Sample, ax=None):
    return theme.finish(ax or theme.axes(), result.title(), "Share of it")


def test_a_result_is_shown_whole(shown, tmp_path):
    results = Results("01_portfolio", folder=tmp_path)
    results.show(Sample())
    texts = [data["text/plain"].splitlines()[0] for data, _metadata in shown]
    assert texts == [
        "Half of it is there.", "Half of it is there.", "From gross sales to net sales", "Mind the other "
        "half."
    ]  # fmt: skip
    assert (tmp_path / "figures/01_portfolio/sample.png").exists()
    assert (tmp_path / "tables/01_portfolio/bridge.csv").exists()
    assert "portfolio.half" in (tmp_path / "findings.json").read_text("utf-8")


def test_what_is_not_possible_says_why_once(shown):
    results = Results("01_portfolio")
    results.show(NotPossible("Nobody came back."))
    results.table("bridge", NotPossible("Nobody came back."))
    results.show(NotPossible("Too short."))
    results.findings()
    assert [data["text/plain"] for data, _metadata in shown] == [
        "Nobody came back.", "Too short.", "Nothing is found: what it would take stands above."
    ]  # fmt: skip


def test_a_chart_of_nothing_known_is_refused():
    with pytest.raises(TypeError, match="no chart of str"):
        plot("x")


def test_every_table_and_column_of_the_registry_is_shown_somewhere():
    """The registry holds no name that no notebook and no topic gives."""
    sources = [path.read_text("utf-8") for path in (ROOT / "src" / "analysis").rglob("*.py")]
    sources = [text for text in sources if "CAPTIONS: dict" not in text]
    sources += [path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.ipynb")]
    written = "\n".join(sources)
    known = set(display_names.COLUMNS) | set(display_names.CAPTIONS)
    composed = re.compile(r"(t_x|T|gap)_(days|weeks)$|_(min|max|value|low|high)$|^(abc|class|mix)_")
    assert {name for name in known if name not in written and not composed.search(name)} == set()


def test_files_for_other_programs_are_left_and_named(shown, tmp_path):
    files = {"plan.xlsx": b"workbook", "plan_odoo.csv": b"id"}
    Results("08_action_plan", folder=tmp_path).leave(files)
    assert (tmp_path / "plan.xlsx").read_bytes() == b"workbook"
    assert (tmp_path / "tables" / "08_action_plan" / "plan_odoo.csv").read_bytes() == b"id"
    assert shown[-1][0]["text/plain"] == "Files left: plan.xlsx, tables/08_action_plan/plan_odoo.csv."
    Results("08_action_plan").leave(files)
    assert "these files are left: plan.xlsx" in shown[-1][0]["text/plain"]
    Results("08_action_plan").leave(NotPossible("why"))
    assert shown[-1][0]["text/plain"] == "why"


@pytest.mark.parametrize("language", ["en", "es"])
def test_csv_for_import_is_the_same_in_every_language(language):
    use_language(language)
    frame = pd.DataFrame({"a": ["=1+1", "é"], "b": [1.5, -2.0], "c": pd.to_datetime(["2024-02-29", None])})
    assert tables.to_csv(frame, for_import=True).decode() == "a,b,c\r\n'=1+1,1.5,2024-02-29\r\né,-2,\r\n"
    use_language("en")


def test_a_table_by_groups_says_of_what_they_are():
    frame = pd.DataFrame({"group": ["a"], "lost": [1]})
    headings = [display_names.words(name, frame)["labels"]["group"] for name in ("churn_by_sector", "sizes")]
    assert headings == ["Sector", "Group"]
