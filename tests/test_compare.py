"""``cartera compare``, from outside: two runs on small sales, of which every number is known."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

import tiny_notebooks
from analysis.report.comparison import equity_change

BEFORE = {"anna": 100, "ben": 50, "carla": 30}
NOW = {"anna": 160, "carla": 20, "dan": 40}
"""Net sales, which stand for lifetime value: anna is worth 60 more, carla 10 less, dan is new, ben gone."""
CELLS = [
    ">known = dataset.query('customers')[['customer_id', 'last_purchase', 'net_sales']]\n"
    "known['clv'] = known['net_sales']\n"
    "known['abc'] = ['A' if amount >= 150 else 'B' for amount in known['net_sales']]\n"
    "known['segment'] = 'champions'\n"
    "results.customers(known)",
    ">from analysis.report.tables import to_parquet\n"
    "names = {'customer_id': 'contact_id', 'clv': 'expected_gain'}\n"
    "plan = known[known['net_sales'] < 60].rename(columns=names)\n"
    "plan = plan.assign(name='<b>', owner=None, planned_on=pd.Timestamp(dataset.as_of))\n"
    "results.leave({'action_plan.parquet': to_parquet(plan)})",
    ">total = float(known['net_sales'].sum())\n"
    "results.finding('portfolio.net_sales', f'They are {total:.0f}.', total, 'money')\n"
    "results.finding('portfolio.share', 'Half of them.', 0.5 + total / 1e7, 'share')\n"
    "results.finding('portfolio.rate', 'A rate.', total / 1000, 'share')",
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The folder with the reports ``before`` and ``now``."""
    place = tmp_path_factory.mktemp("compare")
    tiny_notebooks.write(place / "notebooks", "08_action_plan", CELLS, title="Plan")
    for name, day, sold in (("before", "2024-01-31", BEFORE), ("now", "2024-02-29", NOW)):
        rows = "".join(f"{customer},{day},{amount}\n" for customer, amount in sold.items())
        (place / name).mkdir()
        (place / name / "sales.csv").write_text("customer,date,amount\n" + rows, "utf-8")
        (place / name / "dataset.yml").write_text(
            "name: shop\ncurrency: EUR\ntransactions: {file: sales.csv}\n"
        )
        target = place / f"report-{name}"
        done = tiny_notebooks.cartera(
            place / "notebooks", "run", place / name / "dataset.yml", "--out", target
        )
        assert done.returncode == 0, done.stderr
    return place


def compared(reports, *arguments):
    return tiny_notebooks.cartera(reports / "notebooks", "compare", *arguments, cwd=reports)


def test_what_moved_is_a_page_and_json_and_an_exit_code_of_its_own(reports):
    done = compared(reports, "report-before", "report-now")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == "What moved is in report-now-changes/compare.html\n"
    folder = reports / "report-now-changes"
    assert sorted(path.name for path in folder.iterdir()) == ["changes.json", "compare.html"]
    said = json.loads((folder / "changes.json").read_text("utf-8"))
    assert (said["moved"], said["before"]["as_of"], said["now"]["as_of"]) == (
        True,
        "2024-01-31",
        "2024-02-29",
    )
    assert [(one["id"], one["before"], one["value"]) for one in said["findings"]] == [
        ("portfolio.net_sales", 180, 220),
        ("portfolio.rate", 0.18, 0.22),
    ]
    assert [(row["step"], row["customers"], row["amount"]) for row in said["equity_change"]] == [
        ("Before", 3, 180),
        ("New customers", 1, 40),
        ("Customers no longer in the data", 1, -50),
        ("Customers worth more", 1, 60),
        ("Customers worth less", 1, -10),
        ("Now", 3, 220),
    ]
    moved = {"classes": "ABC class", "before": "B", "now": "A"}
    assert said["class_moves"] == [moved | {"customers": 1, "clv": 160}]
    assert said["customer_moves"] == [{"customer_id": "anna"} | moved | {"clv": 160}]
    listed = [(row["contact_id"], row["change"], row["expected_gain"]) for row in said["list_changes"]]
    assert listed == [("ben", "no longer on it", 50), ("dan", "new on it", 40)]
    page = (folder / "compare.html").read_text("utf-8")
    assert '<a href="../report-now/08_action_plan.html#portfolio.net_sales">They are 220.</a>' in page
    for text in ("€180", "€220", "+€40", "4.0 points", "-€50", "Customers worth less", "&lt;b&gt;"):
        assert text in page
    assert "<b>" not in page
    assert 'href="../report-now/index.html"' in page


def test_nothing_moved(reports):
    done = compared(reports, "report-now", "report-now", "--out", "same", "--language", "es")
    assert (done.returncode, done.stdout) == (0, "Nada ha cambiado; lo dice same/compare.html.\n")
    said = json.loads((reports / "same" / "changes.json").read_text("utf-8"))
    assert (said["moved"], said["findings"], "equity_change" in said) == (False, [], False)
    assert "Nada ha cambiado." in (reports / "same" / "compare.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda run: run["data"].update(name="other"), "a report on other and report-now one on shop"),
        (lambda run: run["data"].update(currency="USD"), "counts in USD and report-now in EUR"),
        (lambda run: run.update(format="else"), "changed holds no report of Cartera"),
        (None, "changed holds no findings.json that can be read"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(reports, change, sentence):
    changed = reports / "changed"
    shutil.rmtree(changed, ignore_errors=True)
    shutil.copytree(reports / "report-before", changed)
    if change is None:
        (changed / "findings.json").unlink()
    else:
        run = json.loads((changed / "run.json").read_text("utf-8"))
        change(run)
        (changed / "run.json").write_text(json.dumps(run), "utf-8")
    done = compared(reports, "changed", "report-now", "--out", "never")
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (reports / "never").exists()


def test_without_customers_the_findings_are_compared_and_the_page_says_why(reports):
    older = reports / "older"
    shutil.copytree(reports / "report-before", older)
    (older / "customers.parquet").unlink()
    assert compared(reports, "older", "report-now", "--out", "partly").returncode == 3
    said = json.loads((reports / "partly" / "changes.json").read_text("utf-8"))
    assert len(said["findings"]) == 2
    assert "equity_change" not in said
    assert said["notes"] == ["An earlier run left no older/customers.parquet."]
    pd.DataFrame({"customer_id": ["anna"]}).to_parquet(older / "customers.parquet")
    done = compared(reports, "older", "report-now", "--out", "partly")
    assert done.returncode == 1
    assert "customers.parquet cannot be read: give the folder as it was left." in done.stderr


def test_unknown_values_count_nothing_and_the_steps_add_up():
    then = pd.DataFrame({"customer_id": ["a", "b", "c"], "clv": [0.1, None, 3.0]})
    now = pd.DataFrame({"customer_id": ["b", "c", "d"], "clv": [0.2, 3.0, None]})
    steps = equity_change(then, now)
    assert steps["amount"].round(9).tolist() == [3.1, 0, -0.1, 0.2, 0, 3.2]
    assert steps["customers"].tolist() == [3, 1, 1, 1, 0, 3]
    assert steps["amount"].iloc[:-1].sum() == pytest.approx(steps["amount"].iloc[-1])
    assert equity_change(then, then).empty
