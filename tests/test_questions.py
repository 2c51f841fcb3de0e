"""What is open is asked once, with both readings worked out, and answered by number or in dataset.yml."""

import os
import re
import select
import sys
from pathlib import Path

import pytest
import yaml

from analysis import open_dataset
from analysis.dataset.questions import OpenQuestionError
from intake import few, opened, write

PIVOT = "customer,date,amount\nACME,2024-01-15,100\n,2024-02-20,200\n,2024-03-05,300\nBETA,2024-01-20,50\n"
ORDERS = "order,customer,date,amount\n1,A,2024-01-31,20\n1,A,2024-01-31,20.00\n2,B,2024-02-15,30\n"


def test_an_order_whose_lines_have_one_amount(tmp_path):
    """A shop with one price looks so, and so does a file with the order's value on each line."""
    with pytest.raises(OpenQuestionError) as open_question:
        opened(tmp_path, ORDERS)
    (question,) = open_question.value.questions
    assert question.text.startswith("sales.csv: 'amount' is 20.00 on all 2 lines of order '1'.")
    assert [(one.answer, one.consequence.split()[-1]) for one in question.choices] == [
        ("amount_is: order", "50.00"),
        ("amount_is: line", "70.00"),
    ]


def test_no_question_whose_answer_the_file_proves(tmp_path):
    priced = "order,customer,date,quantity,price,amount\n1,A,2024-01-31,2,10,20\n1,A,2024-01-31,4,5,20.0\n"
    assert float(opened(tmp_path, priced).query("customers")["net_sales"].sum()) == 40
    varied = ORDERS + "3,A,2024-02-16,5\n3,A,2024-02-16,6\n"
    assert float(opened(tmp_path, varied).query("customers")["net_sales"].sum()) == 81


LATER = "refunded amount,refund date"
KINDS = {
    "amount_is": "order,customer,date,amount\n1,A,2024-01-31,20\n1,A,2024-01-31,20.00\n2,B,2024-02-15,30\n",
    "amount_is with a refund of a later day": f"""\
        order,customer,date,product,amount,{LATER}
        1,A,2024-01-31,x,20,,
        1,A,2024-01-31,y,20,,
        2,B,2024-02-15,x,30,12,2024-03-20
    """,
    "discount_is": """\
        order,customer,date,sku,qty,price,discount amount
        1,A,2024-01-31,x,2,10,5
        1,A,2024-01-31,y,1,30,5
        2,B,2024-02-15,x,1,10,
    """,
    "blank_customer": "customer,date,amount\nA,2024-01-15,1\n,2024-02-20,2\n,2024-03-05,4\nB,2024-01-20,8\n",
    "blank_customer with a refund of a later day": """\
        Cliente;Fecha;Importe;Importe devuelto;Fecha devolución
        A;2024-01-15;1;;
        ;2024-02-20;2;1;2024-03-20
        ;2024-03-05;4;;
        B;2024-01-20;8;;
    """,
    "returned_amounts": """\
        customer,date,quantity,amount
        A,2024-01-15,2,24
        A,2024-01-20,-2,9
        B,2024-02-05,-1,-3
    """,
    "states": f"""\
        customer,date,amount,status,{LATER}
        A,2024-01-15,24,paid,5,2024-02-20
        B,2024-01-20,9,odd: one,,
    """,
    "refunded": """\
        order,customer,date,status,amount
        1,A,2024-01-15,refunded,20
        7,A,2024-01-20,paid,-20
        3,B,2024-02-15,paid,50
    """,
    "amount_after_discount": f"""\
        customer,date,Discount %,net,{LATER}
        A,2024-01-15,10,90,45,2024-03-20
        B,2024-02-16,50,20,0,
    """,
    "amount_is_taxed": "customer,date,Grand Total,tax\nA,2024-01-15,121,17\nB,2024-02-16,50,7\n",
    "prices_include_tax": f"""\
        customer,date,Total incl VAT,{LATER}
        A,2024-01-15,121,60.5,2024-03-20
        B,2024-02-16,242,0,
    """,
    "amount_has_shipping": f"""\
        order,customer,date,Total,Shipping,{LATER}
        1,A,2024-01-15,105,5,21,2024-03-20
        2,B,2024-02-16,44,4,0,
    """,
    "total_rows": "customer,date,amount\nA,2024-01-15,24\nTotal,2024-01-20,9\nB,2024-02-05,3\n",
}
"""Kind of question, and with what → a file that leaves it open."""


@pytest.mark.parametrize("kind", few(7, KINDS))
def test_net_sales_in_a_question_are_those_after_the_answer(tmp_path, kind):
    with pytest.raises(OpenQuestionError) as open_question:
        opened(tmp_path, KINDS[kind])
    (question,) = open_question.value.questions
    shown = {}
    for choice in question.choices:
        assert choice.answer.startswith(kind.split()[0])
        found = re.search(r"net sales are (-?[\d,.]*\d)", choice.consequence)
        shown[choice.answer] = float(found[1].replace(",", ""))
        net = opened(tmp_path, KINDS[kind], choice.answer).query("customers")["net_sales"].sum()
        assert shown[choice.answer] == pytest.approx(float(net), abs=0.005)
    assert len({*shown.values()}) > 1


def test_signs_that_contradict_each_other_are_asked_once(tmp_path):
    text = "customer,date,quantity,amount\nA,2024-01-15,2,24\nA,2024-01-20,-2,24\nB,2024-02-05,-1,-3\n"
    with pytest.raises(OpenQuestionError, match=r"net sales are -3\.00: write 'returned_amounts: subtract'"):
        opened(tmp_path, text)
    as_written = opened(tmp_path, text, "returned_amounts: as_written")
    assert float(as_written.query("customers")["net_sales"].sum()) == 45


def test_a_state_that_is_not_known(tmp_path):
    text = "customer,date,amount,status\nA,2024-01-15,24,paid\nB,2024-01-20,9,frobnicated\n"
    with pytest.raises(OpenQuestionError, match=r"'frobnicated' \(rows: 1, money: 9\.00\) in 'status'"):
        opened(tmp_path, text)
    for meaning, net_sales in (("sale", 33), ("cancelled", 24)):
        read = opened(tmp_path, text, f"states: {{frobnicated: {meaning}}}")
        assert float(read.query("customers")["net_sales"].sum()) == net_sales


def _in_a_terminal(arguments, folder, keys):
    """Run ``cartera`` as in a terminal, type ``keys`` when it asks, and return what it showed."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ["LC_ALL"] = "C"
        os.execv(sys.executable, [sys.executable, "-m", "analysis.cli", *arguments])
    shown, keys = b"", list(keys)
    while select.select([terminal], [], [], 60)[0]:
        try:
            read = os.read(terminal, 4096)
        except OSError:
            break
        if not read:
            break
        shown += read
        if keys and shown.rstrip().endswith(b":"):
            os.write(terminal, f"{keys.pop(0)}\n".encode())
    os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals on Windows")
def test_questions_are_answered_by_number_one_after_the_other(tmp_path):
    write(tmp_path, "sales.csv", PIVOT.replace(",amount", ",Total con IVA"))
    shown = _in_a_terminal(["check", "sales.csv"], tmp_path, ["1", "2"])
    assert "1  If they mean the same, net sales are 650.00  (blank_customer: above)" in shown
    assert "What is its rate?" in shown
    settings = yaml.safe_load((tmp_path / "dataset.yml").read_text("utf-8"))["transactions"]
    assert (settings["blank_customer"], settings["prices_include_tax"]) == ("above", 0)
    customers = open_dataset(str(tmp_path / "dataset.yml")).query("customers")
    assert customers["net_sales"].astype(float).tolist() == [600, 50]


def test_without_a_terminal_the_question_ends_the_command(tmp_path):
    path = Path(write(tmp_path, "sales.csv", PIVOT))
    with pytest.raises(OpenQuestionError, match="'blank_customer: nobody'"):
        open_dataset(str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["sales.csv"]


def test_write_config_leaves_open_questions_as_commented_choices(tmp_path):
    from analysis.dataset.write_config import write_config

    text = write_config(write(tmp_path, "sales.csv", PIVOT)).read_text("utf-8")
    assert "  # blank_customer: above  # If they mean the same, net sales are 650.00\n" in text
    assert "  # blank_customer: nobody  #" in text
    yaml.safe_load(text)
