"""Every parameter of every notebook has an effect, and too little data is no error."""

from pathlib import Path

import pytest
from running import in_process

from analysis import parameters
from analysis.report import notebooks

pytestmark = pytest.mark.slow

FORECAST = {"model": "pareto_nbd", "holdout_weeks": 12}
VALUE = {"horizon_weeks": 26, "annual_discount_rate": 0.5, "margin_rate": 0.6}
CONTACTS = {"response_days": 20, "contact_uplift": 0.3, "contact_cost": 1.0}
EARLIER = Path(__file__).parents[1] / "data" / "earlier_run"  # that left no list of risks
OVERRIDES = {
    "01_portfolio": {"compare": "quarter", "period": "quarter", "activity_window": 30},
    "01_portfolio_audit": {"compare": "quarter", "period": "quarter", "activity_window": 30},
    "02_segmentation": {"activity_window": 30, "scores": 3, "abc_a": 0.5, "abc_b": 0.9},
    "02_segmentation_check": {"activity_window": 30, "months": 3, "clusters": 5},
    "03_churn": {"period": "month", "activity_window": 60, "calls": 7, "previous": str(EARLIER)} | CONTACTS,
    "03_churn_check": {"activity_window": 60, "response_days": 20},
    "03_churn_contracts": {"renewal_months": 6, "annual_discount_rate": 0.5, "margin_rate": 0.6},
    "04_ltv": FORECAST | VALUE | {"unit": "day", "activity_window": 30},
    "04_ltv_check": FORECAST | {"unit": "day"},
    "05_profitability": {
        "months": 6,
        "margin_rate": 0.6,
        "annual_capital_cost": 0.5,
        "promised_days": 2,
    },
    "06_acquisition": FORECAST | VALUE | {"acquisition_cost": 5.0, "lag_months": 3},
    "07_satisfaction": {"months": 6, "least_answers": 50, "activity_window": 60, "promised_days": 2},
    "08_action_plan": {
        "budget": 100.0,
        "capacity": 1,
        "weeks": 1,
        "contact_cost": 1.0,
        "response_days": 20,
        "activity_window": 60,
        "control_share": 0.5,
        "previous": str(EARLIER),
    },
}
OF_OTHER_TABLES = {"03_churn_contracts", "05_profitability", "07_satisfaction", "08_action_plan"}
OF_DEMO = {"response_days", "lag_months"}
SEEN_WITH = {"weeks": {"capacity": 1}}  # which alone changes nothing
COMMON = {"as_of": "1998-03-31", "language": "es"}
SMALL = {
    "one customer": "anna,2023-01-15,10.50\nanna,2023-02-20,12.00\n",
    "one day": "anna,2023-01-15,10.50\nben,2023-01-15,12.00\n",
    "all amounts zero": "anna,2023-01-15,0.00\nben,2023-02-15,0.00\nanna,2023-03-20,0.00\n",
    "nobody comes back": "anna,2023-01-15,1.00\nben,2023-02-15,2.00\ncarl,2023-03-20,3.00\n",
    "returns only": "anna,2023-01-15,-1.00\nben,2023-02-15,-2.00\n",
}
CASES = [
    pytest.param(name, parameter, value, id=f"{name}-{parameter}")
    for name in notebooks.names()
    for parameter, value in (OVERRIDES[name] | COMMON).items()
]


def test_no_parameter_is_forgotten():
    for name in notebooks.names():
        assert {"data", "out", *COMMON, *OVERRIDES[name]} == set(parameters.NOTEBOOKS[name].model_fields)


@pytest.fixture(scope="module")
def defaults():
    """What each notebook shows of a data set with its defaults; each runs once."""
    known = {}

    def get(name, data, given):
        if (key := (name, data, *given)) not in known:
            with pytest.MonkeyPatch.context() as patch:
                known[key] = in_process(name, patch, data=data, **given)
        return known[key]

    return get


@pytest.mark.parametrize(("name", "parameter", "value"), CASES)
def test_every_parameter_has_an_effect(name, parameter, value, monkeypatch, defaults):
    other = parameter in OF_DEMO or (name in OF_OTHER_TABLES and parameter not in COMMON)
    data = "demo" if other else "cdnow-sample"
    given = SEEN_WITH.get(parameter, {})
    shown = in_process(name, monkeypatch, data=data, **given, **{parameter: value})
    assert shown != defaults(name, data, given)


@pytest.mark.parametrize("name", notebooks.names())
def test_nothing_depends_on_a_lesson(name, monkeypatch):
    assert in_process(name, monkeypatch, lessons=False, data="cdnow-sample")


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("name", notebooks.names())
def test_too_little_data_is_no_error(name, kind, monkeypatch, tmp_path):
    (tmp_path / "sales.csv").write_text(f"customer,date,amount\n{SMALL[kind]}", "utf-8")
    assert in_process(name, monkeypatch, data=str(tmp_path / "sales.csv"), out=str(tmp_path / "out"))
