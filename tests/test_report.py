"""The report opens from disk, shows no code, fetches nothing, and escapes what came from data."""

import base64
import csv
import hashlib
import json
import re
from html.parser import HTMLParser

import html5lib
import pandas as pd
import pytest

import tiny_notebooks
from analysis.report.execution import error_text

IDS = ["<script>alert(1)</script>", "=cmd()", '"><img src=x onerror=alert(1)>', "O'Brien & Söhne", "00123"]


class Page(HTMLParser):
    """What matters of a page: its tags, its anchors and where its links go."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.images, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values)

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module", params=["en", "es"])
def report(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("report")
    rows = [("customer", "date", "amount")]
    rows += [(name, f"2024-0{number + 1}-15", str(100 - number)) for number, name in enumerate(IDS)]
    with (place / "hostile.tsv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, dialect="excel-tab").writerows(rows)
    tiny_notebooks.write(place / "notebooks", "01_portfolio", tiny_notebooks.GOOD, title="Who & what?")
    tiny_notebooks.write(place / "notebooks", "02_segmentation", [">1/0", "## After it"], title="Second")
    tiny_notebooks.write(place / "notebooks", "02_segmentation_check", ["## Check"], title="Third")
    done = tiny_notebooks.cartera(
        place / "notebooks", "run", place / "hostile.tsv", "--out", place / "out", "--language", request.param
    )
    assert done.returncode == 1, done.stderr
    return request.param, place / "out"


def pages(report):
    return {path.name: path.read_text("utf-8") for path in report[1].glob("*.html")}


def test_a_workbook_that_a_notebook_left_stands_at_the_top_and_is_linked(report):
    links = Page(pages(report)["index.html"]).links
    assert {"plan.xlsx", "tables/01_portfolio/plan_odoo.csv"} <= set(links)
    assert (report[1] / "plan.xlsx").read_bytes() == b"workbook"
    assert "plan.xlsx" in json.loads((report[1] / "run.json").read_text("utf-8"))["files"]


def test_language_is_declared(report):
    for text in pages(report).values():
        assert f'<html lang="{report[0]}">' in text


def test_nothing_is_fetched_and_nothing_runs(report):
    for text in pages(report).values():
        page = Page(text)
        assert not {"script", "link", "iframe", "object", "embed"} & set(page.tags)
        assert not re.search(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//", text)
        assert "default-src 'none'" in text
        assert all(image["src"].startswith("data:image/png;base64,") for image in page.images)


def test_every_figure_has_its_text(report):
    images = [image for text in pages(report).values() for image in Page(text).images]
    assert [image["alt"] for image in images] == [f'The "largest" <one>: {IDS[0]}']


def test_customer_names_are_escaped_everywhere(report):
    for text in pages(report).values():
        assert "alert(1)</script>" not in text
        assert "<img src=x" not in text
    words = "".join(Page(pages(report)["01_portfolio.html"]).words)
    assert all(name in words for name in IDS)
    saved = (report[1] / "tables/01_portfolio/customers.csv").read_text("utf-8-sig")
    assert "'=cmd()" in saved
    assert "\n=cmd" not in saved


def test_no_code_no_warnings(report):
    text = pages(report)["01_portfolio.html"]
    assert "nlargest" not in text
    assert "data: str" not in text
    assert "secret warning" not in text


def test_lessons_stay_in_the_notebook(report):
    text = pages(report)["01_portfolio.html"]
    assert "Lesson" not in text
    assert "only for learners" not in text
    assert "only for learners" in (report[1] / "notebooks/01_portfolio.ipynb").read_text("utf-8")


def test_a_page_says_in_one_line_what_became_of_the_rows(report):
    words = " ".join(Page(pages(report)["01_portfolio.html"]).words)
    line = "5 rows were read, all accounted for; 1 warning." if report[0] == "en" else "5 filas"
    assert line in words


def test_contents_lead_somewhere(report):
    for text in pages(report).values():
        page = Page(text)
        assert len(page.ids) == len(set(page.ids))
        local = [link.removeprefix("#") for link in page.links if link.startswith("#")]
        assert set(local) <= set(page.ids)
    links = Page(pages(report)["01_portfolio.html"]).links
    beside_and_folded = 2
    assert [link for link in links if "#zebra" in link] == ["#zebra", "#zebra--2"] * beside_and_folded


def test_findings_stand_at_the_top_of_their_page_and_not_at_its_end(report):
    text = pages(report)["01_portfolio.html"]
    assert text.index('href="#portfolio.largest"') < text.index('id="zebra"')
    assert 'id="findings"' not in text
    assert 'id="conclusiones"' not in text


def test_a_check_is_an_appendix(report):
    parts, checks = pages(report)["01_portfolio.html"].split('<p class="of">')[2:4]
    assert "02_segmentation.html" in parts
    assert "02_segmentation_check.html" not in parts
    assert "02_segmentation_check.html" in checks


def test_a_page_says_what_it_does_not_show_and_where_it_is(report):
    """Nine columns of a table, 21 rows: eight and twenty are shown, and the file is linked to."""
    text = pages(report)["01_portfolio.html"]
    (said,) = re.findall(r'<p class="rows-shown">(.*?)</p>', text)
    link = '<a href="tables/01_portfolio/wide.csv">wide.csv</a>'
    if report[0] == "en":
        assert said == f"The first 20 of 21 rows. 1 of 9 columns is in the file only. {link}"
    assert link in said
    head = text.split('id="table-wide"')[1].split("</thead>")[0]
    assert head.count("<th ") == 8


def test_a_style_has_its_digest_in_the_policy_and_no_cell_has_one(report):
    for text in pages(report).values():
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in text
        assert "unsafe" not in text
        assert " style=" not in text


def test_pages_are_valid_html(report):
    for name, text in pages(report).items():
        parser = html5lib.HTMLParser()
        parser.parse(text)
        assert parser.errors == [], name


def test_figures_tables_and_findings_can_be_linked_to(report):
    """What is shown twice has one name, that of the first time."""
    ids = Page(pages(report)["01_portfolio.html"]).ids
    assert [name for name in ids if name in {"figure-curve", "table-customers", "portfolio.largest"}] == [
        "table-customers", "figure-curve", "portfolio.largest"
    ]  # fmt: skip


def test_a_section_that_shows_nothing_is_left_out(report):
    text = pages(report)["01_portfolio.html"]
    assert "Quagga" not in text
    assert "Quagga" in (report[1] / "notebooks/01_portfolio.ipynb").read_text("utf-8")
    assert "Okapi" in text


def test_the_customer_profile_lies_on_top_with_its_dictionary(report):
    saved = pd.read_parquet(report[1] / "customers.parquet")
    assert saved["customer_id"].tolist() == IDS
    told = (report[1] / "customers_dictionary.csv").read_text("utf-8-sig").splitlines()
    assert told[1].startswith(
        'customer_id,Customer,"Code' if report[0] == "en" else "customer_id;Cliente;Código"
    )
    files = ["customers.csv", "customers.parquet", "customers_dictionary.csv"]
    assert {*files} <= {*Page(pages(report)["index.html"]).links}
    assert {*files} <= {*json.loads((report[1] / "run.json").read_text("utf-8"))["files"]}


def test_links_between_pages_hold(report):
    folder = report[1]
    for text in pages(report).values():
        for link in Page(text).links:
            target, _, anchor = link.partition("#")
            if target:
                assert (folder / target).exists(), link
            if target and anchor:
                assert anchor in Page((folder / target).read_text("utf-8")).ids
    assert "02_segmentation.html" in Page(pages(report)["01_portfolio.html"]).links


def test_the_front_page_tells_what_was_found_and_what_failed(report):
    words = " ".join(Page(pages(report)["index.html"]).words)
    assert f"The largest is {IDS[0]}." in words
    assert "ZeroDivisionError" in words
    assert ("se detuvo" if report[0] == "es" else "stopped") in words


def test_a_page_that_failed_ends_there(report):
    text = pages(report)["02_segmentation.html"]
    assert "After it" not in text
    assert 'class="failed"' in text
    assert "ZeroDivisionError: division by zero" in text


def test_findings_json_holds_the_plain_text(report):
    findings = json.loads((report[1] / "findings.json").read_text("utf-8"))
    assert findings[0]["text"] == f"The largest is {IDS[0]}."


def test_what_an_error_says_is_one_line():
    """What pandas says, for instance, may go on with a table."""
    output = {"ename": "ValueError", "evalue": "no such column\n  name\n0 Ana"}
    assert error_text(output) == "ValueError: no such column"
