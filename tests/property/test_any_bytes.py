"""Whatever bytes a file holds, it ends in an account that adds up or in a sentence, never in a traceback."""

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.dataset.config import DatasetConfig
from analysis.dataset.ledger.intake_result import Formats
from analysis.dataset.ledger.table_intake import take_in
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.sources.inputs import Input
from analysis.errors import CarteraError

SOUND = (
    b'Sales\n\ncustomer;date;amount;note\nA;31/01/2024;1.234,50;"two\nlines"\n'
    b'007;01/02/2024;(2,00);"a ""b"""\nTotal;;1.232,50;\n'
)
EDITS = st.lists(
    st.tuples(
        st.integers(0, len(SOUND)),
        st.integers(0, 4),
        st.sampled_from([b'"', b";", b"\n", b"\r", b"\0", b"\xff", b"\xc3", b"-", b"%", b"9" * 40, b""])
        | st.binary(max_size=3),
    ),
    max_size=6,
)


@given(edits=EDITS)
@settings(max_examples=12, deadline=None)
def test_damaged_files(edits):
    content = SOUND
    for place, removed, inserted in edits:
        content = content[:place] + inserted + content[place + removed :]
    with tempfile.TemporaryDirectory() as name:
        path, target = Path(name) / "sales.csv", Path(name) / "out"
        path.write_bytes(content)
        target.mkdir()
        try:
            config = DatasetConfig()
            sales = take_in(TRANSACTIONS, Input((path,), config.transactions), config, Formats(), target)
            rows = sales.quality.rows
        except CarteraError as error:
            assert "sales.csv" in str(error)
            assert not list(target.iterdir())
            return
        aside = pd.read_parquet(target / "set_aside_transactions.parquet")
        kept = pd.read_parquet(target / "transactions.parquet")
    assert len(aside) + len(kept) == rows["rows"].sum()
    assert not aside.duplicated(["line"]).any()
    assert aside["line"].between(1, content.count(b"\n") + content.count(b"\r") + 1).all()
