"""Parameters are checked by name, type and limits, in a notebook and on the command line."""

from typing import Annotated

import pytest
from pydantic import Field

from analysis import parameters
from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.report import notebooks
from analysis.suggestions import closest, nearest


class Example(parameters.Common):
    period: parameters.Period
    share: parameters.Share
    days: Annotated[int, Field(ge=1, le=365)] | None
    flag: bool
    code: str


GOOD = {
    "data": "cdnow", "as_of": None, "out": None, "language": "en",
    "period": "month", "share": 1, "days": None, "flag": True, "code": "007",
}  # fmt: skip


@pytest.fixture(autouse=True)
def example(monkeypatch):
    monkeypatch.setitem(parameters.NOTEBOOKS, "09_example", Example)
    yield
    use_language("en")


def test_good_values_pass_and_a_whole_number_is_a_number():
    parameters.validate("09_example", GOOD)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("period", "mes", "one of 'month', 'quarter', 'half_year', 'year'"),
        ("share", 2, "a number, at least 0 and at most 1"),
        ("share", "0.5", "a number, at least 0 and at most 1"),
        ("days", 0, "a whole number, at least 1 and at most 365, or None"),
        ("days", 2.5, "a whole number"),
        ("days", True, "a whole number"),
        ("flag", 1, "True or False"),
        ("code", 7, "text"),
        ("data", None, "text"),
        ("language", "fr", "one of 'en', 'es'"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name, value, expected):
    with pytest.raises(CarteraError) as caught:
        parameters.validate("09_example", GOOD | {name: value})
    assert str(caught.value).startswith(f"Parameter '{name}' of 09_example is {value!r}, but it must be ")
    assert expected in str(caught.value)


def test_a_missing_parameter_is_named():
    with pytest.raises(CarteraError, match="'period' of 09_example is missing; it must be one of"):
        parameters.validate("09_example", {name: GOOD[name] for name in GOOD if name != "period"})


def test_a_name_that_papermill_injected_and_nobody_knows():
    history = ["", 'data: str = "cdnow"\nperiod: str = "month"', '# Parameters\nperod = "year"\n']
    with pytest.raises(CarteraError, match=r"Unknown parameter 'perod' of 09_example.+Did you mean 'period'"):
        parameters.validate("09_example", GOOD | {"In": history})


def test_a_name_typed_by_hand_and_put_right_afterwards():
    wrong, right = 'data: str = "x"\nzzz: int = 1', 'data: str = "x"\nperiod: str = "year"'
    with pytest.raises(CarteraError, match="Unknown parameter 'zzz'"):
        parameters.validate("09_example", GOOD | {"In": ["", wrong]})
    parameters.validate("09_example", GOOD | {"In": ["", wrong, "other = 1", right]})


def test_the_error_is_in_the_notebooks_language():
    with pytest.raises(CarteraError, match="pero debe ser uno de"):
        parameters.validate("09_example", GOOD | {"language": "es", "period": "mes"})


def test_text_is_read_by_declared_type():
    given = parameters.from_text(
        ["code=007", "days=None", "share=1", "flag=no", "period=year"], {"09_example": {}, "01_portfolio": {}}
    )
    assert given["09_example"] == {"code": "007", "days": None, "share": 1.0, "flag": False, "period": "year"}
    assert given["01_portfolio"] == {"period": "year"}


def test_text_may_hold_an_equals_sign():
    assert parameters.from_text(["code=a=b"], {"09_example": {}}) == {"09_example": {"code": "a=b"}}


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("period", "write name=value"),
        ("perod=year", "Did you mean 'period'"),
        ("zzz=1", "Unknown parameter 'zzz'"),
        ("language=es", "not set with -p"),
        ("days=1.5", "a whole number, at least 1"),
        ("days=", "a whole number, at least 1"),
        ("share=nan", "a number, at least 0"),
        ("period=mes", "one of 'month'"),
    ],
)
def test_wrong_assignments(assignment, message):
    with pytest.raises(CarteraError, match=message):
        parameters.from_text([assignment], {"09_example": {}})


def test_the_nearest_name_is_meant_in_whatever_case():
    with pytest.raises(CarteraError, match="Did you mean 'abc_a'"):
        parameters.from_text(["abc_A=0.7"], {"02_segmentation": {}})
    assert closest("VENTAS", ["ventas", "VENTAS", "renta"]) == "ventas"
    assert closest("zzz", ["ventas"]) is None


def test_of_many_names_not_all_are_listed():
    assert nearest("zzz", [f"a{n}" for n in range(30)]).endswith("a18, a19 and ….")


ABC = {"data": "demo", "as_of": None, "out": None, "language": "en", "abc_a": 0.8, "abc_b": 0.95}
ABC |= {"activity_window": None, "scores": None}
CONTRADICTION = "'abc_a' is 0.96, above 'abc_b', which is 0.95"


def test_parameters_that_contradict_each_other():
    parameters.validate("02_segmentation", ABC)
    with pytest.raises(CarteraError, match=CONTRADICTION):
        parameters.validate("02_segmentation", ABC | {"abc_a": 0.96})


def test_a_parameter_that_contradicts_what_stands_in_the_notebook():
    standing = {"02_segmentation": notebooks.defaults("02_segmentation")}
    with pytest.raises(CarteraError, match=CONTRADICTION):
        parameters.from_text(["abc_a=0.96"], standing)
    both = parameters.from_text(["abc_a=0.96", "abc_b=0.99"], standing)
    assert both == {"02_segmentation": {"abc_a": 0.96, "abc_b": 0.99}}


@pytest.mark.parametrize("name", list(parameters.NOTEBOOKS))
def test_what_stands_in_a_notebook_is_what_it_takes(name):
    parameters.validate(name, notebooks.defaults(name))
