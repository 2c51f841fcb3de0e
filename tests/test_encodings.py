"""Text is read in the encoding it is written in, or that is asked; a sign astray costs its cell at most."""

import gzip

import pytest

from analysis import open_dataset
from analysis.dataset.files.encodings import check_words
from analysis.errors import CarteraError
from intake import account, kept, opened, set_aside, write

PLAIN = "customer;date;amount\nMuñoz;2024-01-31;5\nGarcía;2024-02-01;6\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def _read(folder, content, name="sales.csv"):
    (folder / name).write_bytes(content)
    return open_dataset(str(folder / name))


def _customers(dataset):
    return list(kept(dataset)["customer_id"])


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a" * 99, b"\x1a\r\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_ctrl_z_at_the_end_is_no_row(tmp_path, end, pack):
    dataset = _read(tmp_path, pack(PLAIN.encode() + end))
    assert _customers(dataset) == ["Muñoz", "García"]
    assert set_aside(dataset) == []


def test_ctrl_z_in_the_last_cell_and_among_names_that_are_given(tmp_path):
    assert account(_read(tmp_path, PLAIN.encode().rstrip() + b"\x1a"))["sale"] == (2, 11)
    text = "A,2024-01-31,5\nB,2024-02-01,6\n\x1a"
    dataset = opened(tmp_path, text, "names: [customer, date, amount]")
    assert _customers(dataset) == ["A", "B"]
    assert set_aside(dataset) == []


@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x0c", "\x1a", "\x1b", "\x7f"])
def test_a_control_character_astray(tmp_path, sign):
    rows = [f"Muñoz{sign};2024-01-31;5", f"{sign}García;2024-02-01;6", f"G{sign}1;2024-02-01;7"]
    bad = f"X;2024-02-01;7{sign}0"
    dataset = _read(tmp_path, "\n".join(["customer;date;amount", *rows, bad, "Z;2024-02-01;8\n"]).encode())
    assert _customers(dataset) == ["Muñoz", "García", f"G{sign}1", "Z"]
    assert set_aside(dataset) == [(5, "rejected:amount", bad)]


@pytest.mark.parametrize("encoding", ["cp850", "cp437"])
def test_an_older_encoding_is_asked_for(tmp_path, encoding):
    path = tmp_path / "sales.csv"
    path.write_bytes(PLAIN.encode(encoding))
    with pytest.raises(CarteraError) as error:
        open_dataset(str(path))
    assert "sales.csv, line 2: 'Mu¤oz' as Windows-1252, 'Muñoz' as cp850." in str(error.value)
    assert "'encoding: cp850' under 'transactions'" in str(error.value)
    for said, customer in (("cp850", "Muñoz"), ("windows-1252", "Mu¤oz")):
        settings = f"transactions:\n  file: sales.csv\n  encoding: {said}\n"
        assert _customers(open_dataset(write(tmp_path, "dataset.yml", settings)))[0] == customer


def test_which_words_are_asked_about():
    for text in ["Málaga\nGarcía\nMuñoz", "SOLÁ\nMálaga\nCórdoba"]:
        with pytest.raises(CarteraError, match="'M‡laga' as Windows-1252, 'Málaga' as mac_roman"):
            check_words("x.csv", text.encode("mac_roman").splitlines(), "customers")
    with pytest.raises(CarteraError, match="'Jos‚' as Windows-1252, 'José' as cp850"):
        check_words("x.csv", ["José;5".encode("cp850")], "customers")
    honest = [
        "„Müller“ – 5 €; £5; O’Neill; 5”x3; «año»… ¡hola!; ‡; 10·5; col·lecció; Mª José; 25 µm",
        "Madrid–Barcelona; L’Hospitalet; S.A.™; ½; 20º; naïve; Ñandú; œuvre; Škoda",
        "Muñoz\nGarcía\nat x£y each",
    ]
    for text in honest:
        check_words("x.csv", text.encode("cp1252").splitlines(), "customers")


def test_utf8_with_lines_of_windows_1252(tmp_path):
    dataset = _read(tmp_path, PLAIN.encode() + "Núñez;2024-02-02;7\n".encode("cp1252"))
    assert _customers(dataset) == ["Muñoz", "García", "Núñez"]
    assert "text in utf-8 + windows-1252" in dataset.quality.assumptions[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_half_a_letter_at_the_end_costs_its_row(tmp_path, encoding):
    dataset = _read(tmp_path, PLAIN.encode(encoding) + b"x")
    assert _customers(dataset) == ["Muñoz", "García"]
    assert [(line, outcome) for line, outcome, _raw in set_aside(dataset)] == [(4, "rejected:cells")]


def test_two_byte_order_marks(tmp_path):
    assert _customers(_read(tmp_path, b"\xef\xbb\xbf" * 2 + PLAIN.encode())) == ["Muñoz", "García"]


@pytest.mark.parametrize("name", ["base64", "rot13", "hex", "idna", "punycode", "undefined", "é"])
def test_what_is_no_encoding_of_text(tmp_path, name):
    (tmp_path / "sales.csv").write_text(PLAIN, "utf-8")
    settings = f"transactions:\n  file: sales.csv\n  encoding: {name!r}\n"
    with pytest.raises(CarteraError, match=r"sales\.csv: .* is no encoding"):
        open_dataset(write(tmp_path, "dataset.yml", settings))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_an_encoding_that_is_named_by_its_family(tmp_path, encoding):
    (tmp_path / "sales.csv").write_bytes(PLAIN.encode(encoding))
    settings = f"transactions:\n  file: sales.csv\n  encoding: {encoding[:6]}\n"
    assert _customers(open_dataset(write(tmp_path, "dataset.yml", settings))) == ["Muñoz", "García"]
