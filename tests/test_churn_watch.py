"""What has changed since the model learned, and what became of an earlier run's risks."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import churn, parameters
from analysis.errors import CarteraError
from analysis.not_possible import NotPossible
from conftest import AS_OF

# Half and half became 60 to 40: .1 × ln(.6 ÷ .5) − .1 × ln(.4 ÷ .5) = .1 × .1823 + .1 × .2231 = .0405. Chance
# stays below 3.841 × (1 ÷ 100 + 1 ÷ 100) = .0768, the 95 % quantile of χ²(1) from the table.
THEN, NOW = [0] * 50 + [1] * 50, [0] * 60 + [1] * 40


def _seen(then, now, features):
    return SimpleNamespace(past=then, today=now, features=features)


@pytest.mark.parametrize("kind", [float, str, "Int64", bool])
def test_stability_by_hand_for_numbers_and_for_words(kind):
    found = churn.stability(pd.Series(THEN).astype(kind), pd.Series(NOW).astype(kind))
    assert found["psi"] == pytest.approx(0.04055, abs=5e-6)
    assert found["by_chance"] == pytest.approx(0.0768, abs=5e-5)


def test_a_group_that_is_empty_holds_half_a_customer():
    """(.5 − .005) × ln(.5 ÷ .005) twice, with 100 on either side."""
    found = churn.stability(pd.Series(["a"] * 50 + ["b"] * 50), pd.Series(["a"] * 50 + ["c"] * 50))
    assert found["psi"] == pytest.approx(2 * 0.495 * np.log(100))


@pytest.mark.parametrize("value", [4.0, 6.0, np.nan])
def test_what_was_the_same_for_all_is_seen_to_change(value):
    then = pd.Series([5.0] * 100)
    assert churn.stability(then, then)["psi"] == 0
    assert churn.stability(then, pd.Series([5.0] * 50 + [value] * 50))["psi"] > 1


def test_deciles_of_the_same_customers_do_not_move():
    values = pd.Series(np.arange(1000.0))
    assert churn.stability(values, values)["psi"] == 0
    assert churn.stability(values, values + 500)["psi"] > 0.25
    assert churn.stability(pd.Series([np.nan] * 9), pd.Series([1.0] * 9))["psi"] > 1


def test_drift_reads_the_index_by_the_usual_marks_and_by_chance():
    then = pd.DataFrame(
        {"days_since_last": [0.0, 1.0] * 500, "mean_purchase": 1.0, "age_days": [0.0, 1.0] * 500}
    )
    now = then.assign(days_since_last=[0.0] * 650 + [1.0] * 350, age_days=[0.0] * 900 + [1.0] * 100)
    found = churn.drift(_seen(then, now, ["days_since_last", "mean_purchase", "age_days"]))
    table = found.shown["drift"]  # .15 × ln(.65 ÷ .35) = .093; .4 × ln(.9 ÷ .1) = .879
    assert table["psi"].round(3).tolist() == [0.879, 0.093, 0]
    assert table["reading"].tolist() == ["much", "nothing", "nothing"]
    assert table["feature"].iloc[0] == "Days since the first purchase"
    assert table[["median_then", "median_now"]].iloc[0].tolist() == [0.5, 0]
    assert "changed since the model learned: 1 of 3, 1 of them much." in found.text
    few = churn.drift(_seen(then.head(10), now.iloc[::100], ["days_since_last"]))
    assert few.shown["drift"]["reading"].tolist() == ["nothing"]
    assert not churn.drift(_seen(then, now.head(0), ["age_days"]))
    assert churn.drift(NotPossible("why")).reason == "why"


@pytest.fixture
def left(tmp_path):
    """Return a function that leaves what an earlier run leaves; features were known on 29 February 2024."""

    def leave(risks: dict[str, float], days=31, last="2024-02-10"):
        last = pd.Timestamp(last)
        since = (pd.Timestamp("2024-02-29") - last).days
        listed = pd.DataFrame({"customer_id": list(risks), "risk": list(risks.values())})
        folder = tmp_path / "tables" / "03_churn"
        folder.mkdir(parents=True, exist_ok=True)
        listed.assign(last_purchase=last, days_since_last=float(since)).to_parquet(
            folder / "watch_list.parquet"
        )
        found = [{"id": "churn.horizon", "value": days}] if days else []
        (tmp_path / "findings.json").write_text(json.dumps(found), "utf-8")
        return tmp_path

    return leave


def test_what_became_of_four_customers(left, six_customers, data_over):
    """In March ana and bea bought; carl and dora did not. Variances add up to .16 + .25 + .24 + .21."""
    folder = left({"ana": 0.2, "bea": 0.5, "carl": 0.6, "dora": 0.3, "who": 0.9})
    found = churn.earlier_forecast(folder, data_over(six_customers, AS_OF))
    assert found.text == (
        "The forecast of 29 Feb 2024 expected 2 of 4 customers not to buy within 31 days, give or take 2; 2 "
        "did not."
    )
    assert found.found.good
    assert found.found.usual == pytest.approx(1.6)
    table = found.shown["earlier_forecast"]
    assert table["predicted"].tolist() == pytest.approx([0.2, 0.3, 0.5, 0.6])
    assert table["observed"].tolist() == [0, 1, 0, 1]


def test_what_is_bought_after_the_days_looked_ahead_does_not_count(left, six_customers, data_over):
    folder = left({"ana": 0.2, "bea": 0.5, "carl": 0.6}, days=5)  # to 5 March; bea came on the 20th
    assert "2 did not." in churn.earlier_forecast(folder, data_over(six_customers, AS_OF)).text


def test_risks_that_were_off_are_no_good_news(left, six_customers, data_over):
    folder = left({"ana": 0.01, "bea": 0.01, "carl": 0.01, "dora": 0.01})
    found = churn.earlier_forecast(folder, data_over(six_customers, AS_OF))
    assert not found.found.good
    assert found.shown["earlier_forecast"]["observed"].tolist() == [0.5]


def test_before_the_days_have_passed_it_is_said_how_many_have_bought(left, six_customers, data_over):
    folder = left({"ana": 0.2, "bea": 0.5, "carl": 0.6, "dora": 0.3})
    found = churn.earlier_forecast(str(folder), data_over(six_customers, dt.date(2024, 3, 10)))
    assert found.text == (
        "10 of the 31 days have passed that the run of 29 Feb 2024 looked ahead: 1 of 4 customers have "
        "bought so far, where it expected 2 by the end."
    )
    assert found.shown == {}
    assert found.found is None


def test_what_cannot_be_held_against_the_facts(left, six_customers, data_over, tmp_path):
    data = data_over(six_customers, AS_OF)
    assert "No earlier run is given" in str(churn.earlier_forecast(None, data))
    assert "left no list" in str(churn.earlier_forecast(tmp_path, data))
    assert "Nothing is known of the customers" in str(churn.earlier_forecast(left({"who": 0.5}), data))
    early = data_over(six_customers, dt.date(2024, 2, 29))
    assert "Nothing is known of the customers" in str(churn.earlier_forecast(left({"ana": 0.5}), early))
    for broken in (left({"ana": 0.5}, days=None), left({})):
        with pytest.raises(CarteraError, match="cannot be read"):
            churn.earlier_forecast(broken, data)


def test_the_folder_of_an_earlier_run_is_checked(tmp_path, monkeypatch):
    given = {"data": "demo", "as_of": None, "out": None, "language": "en", "period": None}
    given |= {"response_days": 60, "contact_uplift": None, "contact_cost": None}
    given |= {"activity_window": None, "calls": 50, "previous": str(tmp_path / "nowhere")}
    with pytest.raises(CarteraError, match="where no run has left a report"):
        parameters.validate("03_churn", given)
    (tmp_path / "findings.json").write_text("[]", "utf-8")
    parameters.validate("03_churn", given | {"previous": str(tmp_path)})
    monkeypatch.chdir(tmp_path)
    read = parameters.from_text(["previous=."], {"03_churn": given | {"previous": None}})
    assert read == {"03_churn": {"previous": str(tmp_path.resolve())}}
    assert parameters.from_text(["previous=None"], {"03_churn": given}) == {"03_churn": {"previous": None}}
