"""Whatever another table than the sales holds, each row ends in one place and can be found in the file."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.dataset.config import DatasetConfig
from analysis.dataset.ledger.intake_result import Formats
from analysis.dataset.ledger.table_intake import take_in
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.inputs import Input
from analysis.errors import CarteraError

HEADER = ("lead_id", "created", "stage", "value", "note")
STAGES = {
    "nuevo": "lead", "Cualificada": "prospect", "OFERTA": "potential", "ganado": "customer",
    "Perdído": "lost", "": None, "n/d": None, "frozen": None, "?": None,
}  # fmt: skip
VALUES = {"1234,50": 1234.5, "-7,25": -7.25, "": None, "mucho": None, "1.000,25": 1000.25}
DAYS = {
    "31/01/2024": None, "2024-02-29": None, "": "rejected:no_created", "n/a": "rejected:no_created",
    "30/02/2024": "rejected:created", "soon": "rejected:created", "01/01/1900": "rejected:impossible_date",
    "2100-01-01": "rejected:impossible_date",
}  # fmt: skip
IDS = ["", "1", "01", "ñ", "two\nlines", "a;b", 'the "lead"']
NOTES = ["", "n", "a\nb", "Totalán", '"', "créé"]


@dataclass(frozen=True)
class Row:
    """A row to write: its cells, why it is rejected or left out, and its outcome where nothing is wrong."""

    cells: tuple[str, ...]
    outcome: str | None = None


ROWS = st.one_of(
    st.builds(
        lambda lead, day, stage, value, note: Row((lead, day, stage, value, note), DAYS[day] or "kept"),
        st.sampled_from(IDS),
        st.sampled_from(list(DAYS)),
        st.sampled_from(list(STAGES)),
        st.sampled_from(list(VALUES)),
        st.sampled_from(NOTES),
    ),
    st.sampled_from(
        [
            Row(("", "", "", "", ""), "excluded:empty"),
            Row(HEADER, "excluded:header"),
            Row(("", "", "Total", "12,00", ""), "excluded:total"),
            Row(("x", "31/01/2024"), "rejected:cells"),
            Row(("x", "31/01/2024", "", "", "", "more"), "rejected:cells"),
            Row(()),
        ]
    ),
)
ANCHOR = Row(("anchor", "31/01/2024", "nuevo", "1.234,56", "n"), "kept")


def _cell(cell):
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(';"\n') else cell


def _written(rows, end):
    """Return the file's text and the line on which each row begins."""
    lines, text = [], ""
    for row in [Row(HEADER), *rows]:
        lines.append(text.count(end) + text.replace(end, "").count("\n") + 1)
        text += ";".join(map(_cell, row.cells)) + end
    return text, lines[1:]


def _settled(rows):
    """Return the rows with those of a key that was kept before left out."""
    seen, settled = set(), []
    for row in rows:
        known = row.outcome == "kept" and row.cells[0] in seen
        settled.append(Row(row.cells, "excluded:same_key") if known else row)
        if row.outcome == "kept" and row.cells[0]:
            seen.add(row.cells[0])
    return settled


def _read(text):
    with tempfile.TemporaryDirectory() as name:
        path, target = Path(name) / "leads.csv", Path(name) / "out"
        path.write_bytes(text.encode())
        target.mkdir()
        config = DatasetConfig()
        records = take_in(TABLES["leads"], Input((path,), config.leads), config, Formats(), target)
        return (
            records.quality,
            pd.read_parquet(target / "leads.parquet"),
            pd.read_parquet(target / "set_aside_leads.parquet"),
        )


@pytest.mark.slow
@given(drawn=st.lists(ROWS, max_size=25), end=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=40, deadline=None)
def test_every_row_has_one_outcome_and_its_line(drawn, end):
    written = [*drawn, ANCHOR]
    text, lines = _written(written, end)
    quality, kept, aside = _read(text)
    rows = [(row, line) for row, line in zip(_settled(written), lines, strict=True) if row.outcome]
    account = {f"{row.outcome}:{row.rule}".rstrip(":"): row.rows for row in quality.rows.itertuples()}
    assert account == Counter(row.outcome for row, _line in rows)
    assert [(row.line, f"{row.outcome}:{row.rule}") for row in aside.itertuples()] == [
        (line, row.outcome) for row, line in rows if row.outcome != "kept"
    ]
    cells = [row.cells for row, _line in rows if row.outcome == "kept"]
    assert kept["lead_id"].fillna("").tolist() == [lead for lead, *_rest in cells]
    assert kept["stage"].fillna("").tolist() == [STAGES[stage] or "" for _i, _d, stage, *_rest in cells]
    values = VALUES | {"1.234,56": 1234.56}
    assert kept["estimated_value"].astype(float).fillna(0).tolist() == [values[c[3]] or 0 for c in cells]
    found = quality.found.set_index("rule")["rows"]
    assert found["stage"] == sum(stage in {"frozen", "?"} for _i, _d, stage, *_rest in cells)
    assert found["estimated_value"] == sum(value == "mucho" for *_rest, value, _note in cells)


SOUND = {
    "customers": "Clientes\n\nCódigo;Nombre;Potencial;Alta\n1;U;1.234,50;31/01/2024\n2;\"a \"\"b\"\"\";x;\n",
    "spend": "Mes;Canal;Gasto\nene-24;Web;1.234,50\n02/2024;\"a\nb\";-3\nTotal;;9\n",
    "surveys": "Cliente;Fecha;Nota;Escala\n1;31/01/2024;7,5;\n2;01/02/2024;4;5\n",
    "market": "Segmento;Cuota\nMetal;12,5 %\nMadera;7\n",
}  # fmt: skip
JUNK = st.sampled_from(['"', ";", "\n", "\r", "\0", "ÿ", "-", "%", "9" * 40, "", "'", "{", "\\", "1e9"])


@pytest.mark.slow
@given(
    table=st.sampled_from(list(SOUND)),
    edits=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 4), JUNK), max_size=6),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
)
@settings(max_examples=40, deadline=None)
def test_damaged_files_end_in_an_account_or_a_sentence(table, edits, encoding):
    text = SOUND[table]
    for place, removed, inserted in edits:
        text = text[:place] + inserted + text[place + removed :]
    content = text.encode(encoding)
    with tempfile.TemporaryDirectory() as name:
        path, target = Path(name) / "table.csv", Path(name) / "out"
        path.write_bytes(content)
        target.mkdir()
        config = DatasetConfig()
        try:
            records = take_in(TABLES[table], Input((path,), config.table(table)), config, Formats(), target)
        except CarteraError as error:
            assert "table.csv" in str(error)
            assert not list(target.iterdir())
            return
        kept = pd.read_parquet(target / f"{table}.parquet")
        aside = pd.read_parquet(target / f"set_aside_{table}.parquet")
    assert len(aside) + len(kept) == records.quality.rows["rows"].sum()
    assert not aside.duplicated(["line"]).any()
    assert aside["line"].between(1, content.count(b"\n") + content.count(b"\r") + 1).all()
    assert list(kept.columns) == TABLES[table].canonical
