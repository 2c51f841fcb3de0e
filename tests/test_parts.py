"""A large data set in parts: every row of every table in one of them, with all others of its customer."""

import pandas as pd
import pytest

from analysis import open_dataset
from analysis.dataset import parts
from analysis.engine import duckdb as duckdb_engine
from analysis.errors import CarteraError
from analysis.report.results import Results

TABLES = ["transactions", "customer_days", "customers", "invoices", "surveys"]


def _rows(dataset, table):
    return dataset.engine.head(table, 10**9)


@pytest.mark.parametrize("table", TABLES)
def test_parts_together_have_all_rows_and_no_customer_is_in_two(large, table):
    whole, split = _rows(large, table), [_rows(part, table) for part in large.batches()]
    assert len(split) == 4
    columns = [*whole.columns]
    together = pd.concat(split).sort_values(columns, ignore_index=True)
    pd.testing.assert_frame_equal(together, whole.sort_values(columns, ignore_index=True))
    assert sum(rows["customer_id"].nunique() for rows in split) == whole["customer_id"].nunique()


def test_what_is_worked_out_for_each_customer_alone_is_the_same_in_parts(large):
    together = pd.concat([part.query("customers") for part in large.batches()])
    together = together.sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(together, large.query("customers"))


@pytest.mark.parametrize("table", ["spend", "leads", "deliveries"])
def test_a_table_that_can_do_without_customers_is_whole_in_each_part(large, table):
    for part in large.batches():
        pd.testing.assert_frame_equal(_rows(part, table), _rows(large, table))


def test_the_same_rows_give_the_same_parts(large, monkeypatch):
    monkeypatch.setattr(parts, "LARGE", 3_000)
    monkeypatch.setattr(parts, "PART", 1_000)
    first = {path.name: path.read_bytes() for path in large.folder.glob("*.part*.parquet")}
    parts.write_parts(large.folder)
    assert first == {path.name: path.read_bytes() for path in large.folder.glob("*.part*.parquet")}


def test_a_sample_is_said_and_no_part_of_a_part(large, capsys):
    some = large.sampled()
    assert [part is some for part in some.batches()] == [True]
    n = (some.query("customers")["purchase_days"] > 0).sum()
    total = (large.query("customers")["purchase_days"] > 0).sum()
    Results("03_churn").sample(some)
    assert f"worked out on {n:,} of {total:,} customers, drawn at random" in capsys.readouterr().out


def test_a_small_data_set_is_one_part_and_nothing_is_said(capsys):
    demo = open_dataset("demo")
    assert [part is demo for part in demo.batches()] == [True]
    Results("03_churn").sample(demo.sampled())
    assert capsys.readouterr().out == ""


def test_a_workspace_has_no_parts(large, tmp_path):
    large.export(tmp_path / "workspace")
    assert not [*(tmp_path / "workspace").glob("*.part*")]
    assert (tmp_path / "workspace" / "transactions.parquet").exists()


def test_only_the_columns_asked_for_in_the_same_order_of_rows(large):
    columns = ["net_sales", "customer_id"]
    some = large.query("customers", columns)
    pd.testing.assert_frame_equal(some, large.query("customers")[columns])


def test_a_query_that_takes_too_much_memory_says_what_to_ask_instead(monkeypatch):
    monkeypatch.setattr(duckdb_engine, "MEMORY", "1MB")
    with pytest.raises(CarteraError, match=r"customers has too many rows .* within 1MB. Name the columns"):
        open_dataset("demo").query("customers")
