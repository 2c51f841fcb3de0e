"""Records are counted from the bytes: against a walk over the characters, whatever stands in the file."""

import csv

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import open_dataset
from analysis.dataset.files import text_records
from analysis.dataset.files.text_records import find_records, records_at_top, split_into_cells, without_torn
from analysis.errors import CarteraError
from intake import account, amounts, opened, set_aside

MOST_LINES, MOST_BYTES, BLOCK = 4, 24, 40


@pytest.fixture
def small_limits(monkeypatch):
    """Let what holds at megabytes be seen at bytes."""
    monkeypatch.setattr(text_records, "MOST_LINES", MOST_LINES)
    monkeypatch.setattr(text_records, "MOST_BYTES", MOST_BYTES)
    monkeypatch.setattr(text_records, "_BLOCK", BLOCK)


def walked(text):
    """Return, character by character: lines of records, torn lines, lines of malformed records."""
    lines = text.split("\n")
    begins, torn, malformed = [], [], []
    line = 0
    while line < len(lines):
        if lines[line] in {"", "\r"}:
            line += 1
            continue
        used, verdict = _record("\n".join(lines[line:]))
        if verdict == "torn":
            torn.append(line)
            line += 1
            continue
        begins.append(line)
        if verdict == "malformed":
            malformed.append(line)
        line += used
    return begins, torn, malformed


def _record(text):
    """Return how many lines the first record of a text takes, and whether it is whole."""
    state, verdict, last = "cell", "whole", len(text) - 1
    for i, sign in enumerate(text):
        following = text[i + 1] if i < last else ""
        if state == "cell" and sign == '"':
            state = "quoted"
        elif state == "quoted" and sign == '"':
            state = "quote"
        elif state == "quote" and sign == '"':
            state = "quoted"
        elif state == "quoted":
            pass
        elif sign == "\n":
            return _judged(text[: i + 1], verdict)
        elif state == "over":
            pass
        elif sign == ",":
            state = "cell"
        elif state == "quote" and not (sign == "\r" and following in {"\n", ""}):
            if "\n" in text[:i]:
                return 1, "torn"
            state, verdict = "over", "malformed"
        else:
            state = "bare"
    return (1, "torn") if state == "quoted" else _judged(text, verdict)


def _judged(record, verdict):
    lines = len(record.removesuffix("\n").split("\n"))
    too_much = lines > MOST_LINES or len(record.encode()) > MOST_BYTES
    return (1, "torn") if too_much else (lines, verdict)


PIECES = ['"', '"', ",", "\n", "\n", "a", "bb", '""', '",', ',"', "é", "x" * 9]


@pytest.mark.usefixtures("small_limits")
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), st.booleans())
@example('"a\n\n\nb"\nc\n', False)
@example('a\n"b,' + "x" * 60 + "\n" + "y" * 60 + '\nz"\n', False)
@settings(max_examples=400, deadline=None)
def test_counted_as_walked(tmp_path_factory, text, windows):
    text = text.replace("\n", "\r\n") if windows else text
    path = tmp_path_factory.mktemp("records") / "sales.csv"
    path.write_bytes(text.encode())
    begins, torn, malformed = walked(text)
    found = find_records(path, ",")
    numbers = pd.RangeIndex(found.count).to_numpy()
    assert found.lines_of(numbers).tolist() == begins
    assert found.numbers_of(found.lines_of(numbers)).tolist() == numbers.tolist()
    assert [one.line for one in found.torn] == torn
    assert found.malformed == set(malformed)
    assert [one.text for one in found.torn] == [
        text.split("\n")[line].rstrip("\r").encode()[:BLOCK].decode(errors="replace") for line in torn
    ]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=200, deadline=None)
def test_split_as_the_csv_module_does(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("records")
    (folder / "sales.csv").write_text(f"p,q\n{text}", "utf-8", newline="")
    records = find_records(folder / "sales.csv", ",")
    rest = without_torn(folder / "sales.csv", records, folder / "rest.csv")
    refused = split_into_cells(rest, records, ",", ["p", "q"], folder / "cells")
    lines = rest.read_text("utf-8").split("\n")
    sound = ["" if i in records.malformed else line for i, line in enumerate(lines)]
    cells = [record for record in csv.reader(line + "\n" for line in sound) if record][1:]
    rows = pd.read_parquet(folder / "cells")
    whole = [row[:2] for row in cells if len(row) >= 2 and not any(row[2:])]
    assert [list(row) for row in rows.itertuples(index=False)] == whole
    assert len(rows) + len(refused) == records.count - 1


def test_a_record_of_a_thousand_lines_is_one_and_of_one_more_is_not(tmp_path):
    for lines, torn in ((1_000, 0), (1_001, 2)):  # then the last line opens one, too
        (tmp_path / "sales.csv").write_text('a,b\n"' + "x\n" * (lines - 1) + '",1\n')
        assert len(find_records(tmp_path / "sales.csv", ",").torn) == torn


def test_lines_of_the_top_of_a_file():
    text = 'name,"of\r\ntwo lines"\r\n\r\n"open,1\r\nb,2\r\n'
    assert records_at_top(text, ",", 9) == [
        (1, ["name", "of\ntwo lines"]),
        (4, ["open,1"]),
        (5, ["b", "2"]),
    ]


def test_a_quote_opened_in_the_first_row_hides_nothing(tmp_path):
    dataset = opened(tmp_path, 'customer,date,amount\n"A,2024-01-01,1\nB,2024-01-02,2\nC,2024-01-03,4\n')
    assert amounts(dataset) == [2, 4]
    assert set_aside(dataset) == [(2, "rejected:cells", '"A,2024-01-01,1')]


def test_a_quote_opened_among_the_column_names_is_said(tmp_path):
    text = 'customer,date,amount,"note\nB,2024-01-02,2,\nC,2024-01-03,4,\n'
    with pytest.raises(CarteraError, match=r"sales\.csv, line 1: a quote is opened among the column names"):
        opened(tmp_path, text)


def test_a_line_longer_than_any_block(tmp_path):
    long = "x" * 12_000_000
    dataset = opened(tmp_path, f"customer,date,amount\nA,2024-01-01,1\n{long}\nB,2024-01-02,2\n")
    assert amounts(dataset) == [1, 2]
    assert [(line, outcome, len(raw)) for line, outcome, raw in set_aside(dataset)] == [
        (3, "rejected:cells", 4 << 20)
    ]


def test_a_row_that_is_set_aside_is_kept_whole(tmp_path):
    long = "x" * 30_000
    text = f'customer,date,amount\nA,2024-01-01,1\n{long},"two\n\nlines"\n\nC\n\n\nB,2024-01-02,2\nD\n'
    assert set_aside(opened(tmp_path, text)) == [
        (3, "rejected:cells", f'{long},"two\n\nlines"'),
        (7, "rejected:cells", "C"),
        (11, "rejected:cells", "D"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quote_opened_in_a_last_line_without_end(tmp_path, end):
    text = end.join(["customer,date,amount", "A,2024-01-01,1", "B,2024-01-02,2", 'C,"2024-01-03,4'])
    (tmp_path / "sales.csv").write_bytes(text.encode())
    dataset = open_dataset(str(tmp_path / "sales.csv"))
    assert amounts(dataset) == [1, 2]
    assert set_aside(dataset) == [(4, "rejected:cells", 'C,"2024-01-03,4')]


def test_a_file_torn_in_most_lines_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text_records, "MOST_TORN_LINES", 3)
    rows = "".join(f'"A{i},2024-01-01,1\n' for i in range(9))
    with pytest.raises(
        CarteraError, match=r"sales\.csv, line 3: a quote is opened and never closed, and there"
    ):
        opened(tmp_path, f"customer,date,amount\nA,2024-01-01,1\n{rows}")


# DuckDB's parallel reader lost rows above 32 MB, and its own count said that all was well: of these lines it
# gave between 906,850 and 921,440
@pytest.mark.slow
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_row_vanishes_from_a_large_file_with_a_stray_quote(tmp_path, end):
    lines = ["customer,date,order,amount"]
    lines += [f"C{i % 9973:06},2024-01-{1 + i % 28:02},order{i:08},{i % 100}.25" for i in range(1_150_000)]
    lines[11] = '"' + lines[11]
    lines[777_777] = lines[777_777].replace("order", 'or"der')
    dataset = opened(tmp_path, end.join([*lines, ""]))
    assert sum(rows for rows, _money in account(dataset).values()) == len(lines) - 1
    assert set_aside(dataset) == [(12, "rejected:cells", lines[11])]
    assert sum(amounts(dataset)) == sum(float(line.rsplit(",", 1)[1]) for line in lines[1:]) - 10.25
