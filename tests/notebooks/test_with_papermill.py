"""Every notebook under plain papermill: another language, another place, hostile data, a wrong parameter."""

import re

import pytest
from running import outputs, with_papermill

from analysis.report import notebooks

pytestmark = pytest.mark.slow

HOSTILE = """\
customer,date,amount,order
<script>alert(1)</script>,2023-01-15,100.00,1
=cmd(),2023-01-16,-40.00,2
=cmd(),2023-02-16,0.00,3
"O'Brien & Söhne, S.A.",2023-03-17,1000000.00,4
<script>alert(1)</script>,2023-04-18,0.01,5
00123,2023-04-18,12.50,6
only returns,2023-05-02,-5.00,7
NULL,2023-05-02,5.00,8
00123,2023-06-30,99.99,9
"""


@pytest.fixture(params=notebooks.names())
def name(request):
    return request.param


def streams(notebook):
    """Return what was printed, but for what a lesson prints on purpose."""
    lessons = [cell for cell in notebook["cells"] if notebooks.is_lesson(cell)]
    printed = [output for output in outputs(notebook) if output["output_type"] == "stream"]
    meant = [output for output in outputs({"cells": lessons}) if output.get("name") == "stdout"]
    return [output for output in printed if output not in meant]


ENDS_EARLY = {"03_churn_contracts", "07_satisfaction"}
"""Notebooks that without a table of their own say what they need, and end."""
WITHOUT_FINDINGS = {*ENDS_EARLY, "05_profitability", "06_acquisition"}  # no costs, no campaigns
WITHOUT_CHARTS = {*ENDS_EARLY, "06_acquisition", "08_action_plan"}


def test_sample_in_spanish(name, tmp_path):
    notebook = with_papermill(name, tmp_path, data="cdnow-sample", language="es", out="out")
    assert streams(notebook) == []
    assert (tmp_path / "out" / "findings.json").exists() == (name not in WITHOUT_FINDINGS)
    assert bool(list((tmp_path / "out" / "tables" / name).glob("*.csv"))) == (name not in ENDS_EARLY)
    assert bool(list((tmp_path / "out" / "figures" / name).glob("*.png"))) == (name not in WITHOUT_CHARTS)


def test_hostile_file(name, tmp_path):
    (tmp_path / "sales.csv").write_text(HOSTILE, "utf-8")
    notebook = with_papermill(name, tmp_path, data="sales.csv", out="out")
    assert streams(notebook) == []
    html = "".join(output.get("data", {}).get("text/html", "") for output in outputs(notebook))
    assert "<script" not in html
    for path in (tmp_path / "out").rglob("*.csv"):
        assert not re.search(r"(?:^|,)=cmd", path.read_text("utf-8-sig"), re.MULTILINE)


def test_wrong_parameter(name, tmp_path):
    with pytest.raises(Exception, match="Unknown parameter 'perod'"):
        with_papermill(name, tmp_path, data="cdnow-sample", perod="year")
