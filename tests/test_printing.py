"""The report as one PDF: what is needed for it is asked for in time, and links lead from page to page."""

import subprocess
from pathlib import Path

import pytest

from analysis import CarteraError
from analysis.report import printing, runner
from analysis.report.printing import Printer, find_browser, together
from analysis.report.request import Request

FRONT = """<head><style>x</style></head>
<body class="front">
<main id="main"><a href="01_a.html#table-b">1</a> <a href="x.csv">2</a> <a href="01_a.html">3</a></main>
</body>"""
PART = """<head></head>
<body class="notebook">
<a href="index.html#quality">back</a> <a href="#b">down</a> <h2 id="b">B</h2> <p aria-labelledby="b">b</p>
</body>"""


@pytest.fixture
def no_browser(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(printing, "_PLACES", {})


def test_without_a_browser_it_is_said_before_data_are_read(no_browser, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "find_source", lambda _data: pytest.fail("data were looked for"))
    with pytest.raises(
        CarteraError, match=r"^A browser prints the PDF: install Chromium, Chrome or Edge, or "
    ):
        runner.run(Request("demo", out=tmp_path / "out", pdf=True), progress=None)
    assert not (tmp_path / "out").exists()


def test_the_browser_is_found_on_the_path_or_in_its_usual_place(no_browser, tmp_path, monkeypatch):
    place = Path("Microsoft", "Edge", "msedge.exe")
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).touch()
    monkeypatch.setattr(printing, "_PLACES", {printing.sys.platform: (str(place),)})
    monkeypatch.setenv("PROGRAMFILES", str(tmp_path))
    assert find_browser() == str(tmp_path / place)


@pytest.fixture
def browsers(monkeypatch):
    """A list of what the browser prints, one entry for each time that it is called: None prints nothing."""
    prints = []

    def called(command, **_options):
        if (content := prints.pop(0)) is None:
            raise subprocess.CalledProcessError(1, command)
        (pdf,) = (word.partition("=")[2] for word in command if word.startswith("--print-to-pdf="))
        Path(pdf).write_bytes(content)

    monkeypatch.setattr(printing.subprocess, "run", called)
    return prints


def test_a_browser_that_does_not_print_is_known_in_time(browsers, tmp_path):
    browsers += [None]
    with pytest.raises(CarteraError, match=r"^/bin/odd does not print: install another"):
        Printer("/bin/odd", tmp_path)


def test_a_report_without_its_pdf_is_better_than_none(browsers, tmp_path):
    browsers += [b"%PDF", b"%PDF whole", b"%PDF", None]
    (tmp_path / "index.html").write_text(FRONT, "utf-8")
    (tmp_path / "work").mkdir()
    assert Printer("/bin/odd", tmp_path / "work").print_report(tmp_path, [Path("index.html")]) == []
    assert (tmp_path / "report.pdf").read_bytes() == b"%PDF whole"
    said = Printer("/bin/odd", tmp_path / "work").print_report(tmp_path, [Path("index.html")])
    assert said == ["report.pdf is missing: /bin/odd could not print it."]
    assert not (tmp_path / "report.pdf").exists()


def test_links_lead_from_page_to_page_within_one_file_and_nowhere_else():
    html = together({"index": FRONT, "01_a": PART})
    assert html.startswith("<head><style>x</style></head>\n<body>")
    assert '<div class="part front" id="index">' in html
    assert '<main id="index.main"><a href="#01_a.table-b">1</a> <a>2</a> <a href="#01_a">3</a></main>' in html
    assert '<a href="#index.quality">back</a> <a href="#01_a.b">down</a> <h2 id="01_a.b">B</h2>' in html
    assert '<p aria-labelledby="01_a.b">b</p>' in html
