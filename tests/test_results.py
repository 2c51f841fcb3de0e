"""What a notebook leaves behind: shown, saved, escaped."""

import base64
import csv
import io
import json
from decimal import Decimal

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.report import results as results_module
from analysis.report import tables
from analysis.report.results import Results

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


def test_table_is_escaped_and_formatted(shown, frame):
    Results("01_portfolio", currency="EUR").table(
        "rows",
        frame,
        caption="a < b",
        labels={"net_sales": "Net & sales"},
        formats={"net_sales": "money", "last": "date"},
    )
    html = shown[0][0]["text/html"]
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
    Results("01_portfolio").table("rows", frame, caption="c", formats={"net_sales": "number1"})
    assert "1.234,5" in shown[0][0]["text/html"]
    assert "30 sept 1997" in shown[0][0]["text/html"]


def test_long_table_says_how_long_and_is_saved_whole(shown, tmp_path):
    Results("01_portfolio", folder=tmp_path).table("long", pd.DataFrame({"x": range(1234)}), caption="c")
    assert "The first 20 of 1,234 rows." in shown[0][0]["text/plain"]
    saved = tmp_path / "tables" / "01_portfolio" / "long"
    assert len(pd.read_csv(saved.with_suffix(".csv"))) == 1234
    assert len(pd.read_parquet(saved.with_suffix(".parquet"))) == 1234


def test_named_index_is_shown_and_saved_and_an_unnamed_one_is_not(shown, tmp_path):
    results = Results("01_portfolio", folder=tmp_path)
    counts = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="kind"))
    results.table("named", counts, caption="c")
    results.table("unnamed", counts.reset_index().iloc[::-1], caption="c")
    assert list(pd.read_csv(tmp_path / "tables/01_portfolio/named.csv")) == ["kind", "x"]
    assert list(pd.read_csv(tmp_path / "tables/01_portfolio/unnamed.csv")) == ["kind", "x"]


def test_unknown_columns_and_formats_are_refused(shown, frame):
    with pytest.raises(ValueError, match="not there"):
        Results("01_portfolio").table("rows", frame, caption="c", labels={"net": "Net"})
    with pytest.raises(ValueError, match="no format"):
        Results("01_portfolio").table("rows", frame, caption="c", formats={"net_sales": "euros"})


def test_csv_disarms_formulas_and_leaves_numbers_alone(frame):
    text = tables.to_csv(frame.assign(decimal=[Decimal("-1.5")] * 8))
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert [row["customer_id"] for row in rows] == [
        "<script>alert(1)</script>", "'=cmd()", "'+1", "'-1", "'@x", "'\tx", "'\rx", "safe",
    ]  # fmt: skip
    assert [row["net_sales"] for row in rows][:3] == ["1234.5", "-2.0", ""]
    assert rows[0]["decimal"] == "-1.5"
    assert [row["last"] for row in rows][:2] == ["1997-09-30", ""]


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
    assert metadata == {"image/png": {"alt": 'A "fifth" buys <most>.'}}
    assert data["text/plain"] == 'A "fifth" buys <most>.'
    saved = (tmp_path / "figures/01_portfolio/lorenz.png").read_bytes()
    assert saved == base64.b64decode(data["image/png"])


def test_same_figure_is_the_same_file(shown):
    for _time in range(2):
        Results("01_portfolio").figure("f", Figure().add_subplot(), alt="x")
    assert shown[0][0]["image/png"] == shown[1][0]["image/png"]


def test_findings_are_escaped_listed_and_saved(shown, tmp_path):
    results = Results("01_portfolio", folder=tmp_path)
    results.finding("portfolio.a", "Old.", value=1, unit="customers")
    results.finding("portfolio.b", "<b> leads.", value=float("nan"), unit="share")
    results.finding("portfolio.a", "New.", value=pd.Series([2.5]).iloc[0], unit="customers")
    results.findings()
    assert "&lt;b&gt;" in shown[1][0]["text/html"]
    assert 'id="portfolio.b"' in shown[1][0]["text/html"]
    assert shown[3][0]["text/plain"] == "- New.\n- <b> leads."
    assert json.loads((tmp_path / "findings.json").read_text("utf-8")) == [
        {"id": "portfolio.a", "notebook": "01_portfolio", "text": "New.", "value": 2.5, "unit": "customers"},
        {
            "id": "portfolio.b",
            "notebook": "01_portfolio",
            "text": "<b> leads.",
            "value": None,
            "unit": "share",
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


def test_without_a_folder_nothing_is_written(shown, frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = Results("01_portfolio")
    results.table("rows", frame, caption="c")
    results.figure("f", Figure().add_subplot(), alt="x")
    results.finding("portfolio.a", "One.")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_is_one_sentence(shown, frame, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CarteraError, match="cannot be written"):
        Results("01_portfolio", folder=tmp_path / "file").table("rows", frame, caption="c")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
