"""Every page of a report in a real browser: to the standards, on a telephone, on paper, without a network."""

import json
import re
import shutil
import subprocess
import sys

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe

from analysis.report import notebooks

pytestmark = pytest.mark.slow
PAGES = ["index", *notebooks.names()]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SHEET = {"width": 673, "height": 1009}
"""A4 less its margins of 16 mm on each side, at 96 pixels an inch: 178 mm."""
TOO_WIDE = """() => [...document.querySelectorAll("main *")]
    .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(one => one.outerHTML.slice(0, 200))"""
SMALL = """() => [...document.querySelectorAll("main :is(p, li, td, th, dd, dt, caption)")]
    .filter(one => one.offsetParent && one.innerText && parseFloat(getComputedStyle(one).fontSize) < 16)
    .map(one => one.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="session", params=["en", "es"])
def report(request, chromium, tmp_path_factory):
    """The report of the demo portfolio; in Spanish printed as well."""
    out = tmp_path_factory.mktemp("report") / request.param
    pdf = ["--pdf"] if request.param == "es" else []
    command = [sys.executable, "-m", "analysis.cli", "run", "demo", "--language", request.param, "--out", out]
    done = subprocess.run([*command, *pdf], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def opened(browser):
    """A function that opens a page without a network; what the browser complains of is in ``said``."""
    with browser.new_context(offline=True) as context:

        def open_page(path, size=DESK):
            page = context.new_page()
            page.set_viewport_size(size)
            page.said = []
            page.on("console", lambda message: page.said.append(message.text))
            page.on("pageerror", lambda error: page.said.append(str(error)))
            page.goto(path.as_uri())
            return page

        yield open_page


def violations(page):
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_to_the_standards_and_opens_offline(report, opened, name):
    page = opened(report / f"{name}.html")
    assert page.said == []
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_on_a_telephone_nothing_is_small_and_the_page_does_not_scroll_sideways(report, opened, name):
    page = opened(report / f"{name}.html", TELEPHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("name", PAGES[:2])
def test_the_layout_of_a_telephone_holds_to_the_standards_too(report, opened, name):
    assert violations(opened(report / f"{name}.html", TELEPHONE)) == []


def test_contents_are_folded_on_a_telephone_and_open_on_a_desk(report, opened):
    page = opened(report / "03_churn.html", TELEPHONE)
    links = page.locator("nav a:visible")
    assert links.count() == 0
    page.locator("nav summary").press("Enter")
    unfolded = links.count()
    assert unfolded > len(PAGES)
    page.set_viewport_size(DESK)
    assert links.count() == unfolded  # none of them twice
    assert page.locator("nav summary:visible").count() == 0


def test_the_front_page_is_two_sheets_and_six_screens_of_a_telephone(report, opened):
    page = opened(report / "index.html", TELEPHONE)
    assert page.evaluate("document.documentElement.scrollHeight") <= 6 * TELEPHONE["height"]
    assert sheets(page.pdf(prefer_css_page_size=True)) <= 2


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_sheet_of_paper(report, opened, name):
    page = opened(report / f"{name}.html", SHEET)
    page.emulate_media(media="print")
    assert page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_valid_and_of_a_size_to_send(report, name):
    text = (report / f"{name}.html").read_text("utf-8")
    parser = html5lib.HTMLParser()
    parser.parse(text)
    assert parser.errors == []
    ids = re.findall(r'<[^>]* id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert len(text.encode()) < 3_000_000


def test_a_table_that_is_cut_scrolls_from_the_keyboard(report, opened):
    page = opened(report / "01_portfolio.html", TELEPHONE)
    cut = page.locator(".scrolls").filter(has=page.locator("th:nth-child(6)")).first
    cut.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=cut.element_handle(), timeout=5000)


def sheets(pdf):
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_the_whole_report_is_one_pdf_with_the_front_page_first(report, opened):
    """Links between the pages lead within it, and none leads to where it was made."""
    if report.name == "en":
        assert not (report / "report.pdf").exists()
        return
    printed = (report / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    alone = opened(report / "index.html").pdf(prefer_css_page_size=True)
    assert sheets(printed) > sheets(alone) + len(PAGES)
    assert b"/URI" not in printed


def hold_to_the_standards(page):
    assert (page.said, violations(page)) == ([], [])
    page.set_viewport_size(TELEPHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    assert page.evaluate(TOO_WIDE) == []


def test_what_moved_between_two_reports_holds_to_the_standards(report, opened, tmp_path):
    shutil.copytree(report, tmp_path / "before", ignore=shutil.ignore_patterns("workspace"))
    path = tmp_path / "before" / "findings.json"
    findings = json.loads(path.read_text("utf-8"))
    doubled = [one | {"value": one["value"] * 2} for one in findings if isinstance(one["value"], float)]
    path.write_text(json.dumps(doubled), "utf-8")
    compare = [sys.executable, "-m", "analysis.cli", "compare", tmp_path / "before", report]
    done = subprocess.run(
        [*compare, "--out", tmp_path / "moved"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    hold_to_the_standards(opened(tmp_path / "moved" / "compare.html"))


def test_the_front_page_is_read_in_six_screens_or_on_two_sheets(report, opened):
    page = opened(report / "index.html", TELEPHONE)
    assert page.evaluate("document.documentElement.scrollHeight") <= 6 * TELEPHONE["height"]
    assert sheets(page.pdf(prefer_css_page_size=True)) == 2


def test_portfolio_sheets_hold_to_the_standards_and_each_is_one_sheet(chromium, opened, tmp_path):
    out = tmp_path / "by"
    command = [sys.executable, "-m", "analysis.cli", "run", "demo", "--by", "salesperson", "--out", out]
    subprocess.run(command, check=True, capture_output=True)
    made = sorted((out / "sheets").glob("*.html"))
    assert made
    for path in [out / "index.html", made[0]]:
        page = opened(path)
        assert sheets(page.pdf(prefer_css_page_size=True)) == 1
        hold_to_the_standards(page)
