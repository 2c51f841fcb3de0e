"""Exports of systems known by their columns: the right money, without a question or with one answer.

What is right is worked out in ``exports.py`` from the orders that were drawn, before they are written.
"""

from random import Random

import pytest
import yaml

from analysis import open_dataset
from analysis.dataset.questions import OpenQuestionError
from analysis.dataset.systems import systems
from campaign.dressed_files import write
from exports import EXPORTS
from intake import account, kept

SEEDS = range(4)


def _read(export, folder):
    """Open an export; where it asks, with the one answer that it needs."""
    path = write(export.sheet, folder)
    if not export.answer:
        return open_dataset(str(path))
    with pytest.raises(OpenQuestionError) as asked:
        open_dataset(str(path))
    assert export.answer in [choice.said for choice in asked.value.questions[0].choices]
    settings = {"transactions": {"file": path.name, **export.answer}}
    (folder / "dataset.yml").write_text(yaml.safe_dump(settings))
    return open_dataset(str(folder / "dataset.yml"))


def test_every_system_has_an_export():
    assert EXPORTS.keys() == systems().keys()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", EXPORTS)
def test_net_sales_customers_orders_and_rows_by_outcome(name, seed, tmp_path):
    export = EXPORTS[name](Random(f"{name}/{seed}"))
    assert 20 <= len(export.sheet.rows) <= 60
    dataset, truth = _read(export, tmp_path), export.truth
    sales = kept(dataset)
    assert float(sales["amount"].sum()) == pytest.approx(truth.net / 100, abs=0.005)
    assert sales["customer_id"].nunique() == len(truth.customers)
    assert sales["order_id"].nunique() == len(truth.orders)
    assert {outcome: rows for outcome, (rows, _money) in account(dataset).items()} == truth.outcomes
    assert systems()[name].name["en"] in "\n".join(map(str, dataset.quality.facts))
