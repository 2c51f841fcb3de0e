"""``dataset.yml``: what a sales file does not say of itself, and what to do with doubtful rows."""

from __future__ import annotations

import datetime as dt
import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from analysis.dataset.schema import TRANSACTIONS
from analysis.errors import CarteraError
from analysis.language import _, listing

DateOrder = Literal["day-first", "month-first"]
DecimalMark = Literal[".", ","]
Delimiter = Annotated[
    Literal[",", ";", "\t", "|", " "],
    BeforeValidator(lambda given: {"tab": "\t", "space": " "}.get(str(given).lower(), given)),
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Policies(_Section):
    """What becomes of each doubtful kind of row; the counts are reported whatever is chosen."""

    returns: Literal["subtract", "exclude", "stop"] = "subtract"
    cancelled: Literal["exclude", "keep", "stop"] = "exclude"
    no_customer: Literal["exclude", "stop"] = "exclude"
    zero_amount: Literal["keep", "exclude", "stop"] = "keep"
    duplicates: Literal["keep", "exclude", "stop"] = "keep"
    after_as_of: Literal["exclude", "stop"] = "exclude"
    test: Literal["exclude", "keep", "stop"] = "exclude"
    postage: Literal["keep", "exclude", "stop"] = "keep"


class Transactions(_Section):
    """The sales file or files, and how to read them; None: found from the data."""

    file: str | list[str] | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    header_line: Annotated[int, Field(ge=1)] | None = None
    names: list[str] | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    date_order: DateOrder | None = None
    decimal: DecimalMark | None = None
    prices_include_tax: Annotated[float, Field(ge=0, lt=1)] | None = None
    test_codes: list[str] = Field(default_factory=lambda: ["TEST", "PRUEBA"])
    postage_codes: list[str] = Field(
        default_factory=lambda: [
            "POST", "POSTAGE", "DOT", "SHIPPING", "FREIGHT", "DELIVERY", "CARRIAGE",
            "PORTES", "ENVIO", "TRANSPORTE", "GASTOS DE ENVIO", "GASTOS ENVIO",
        ]
    )  # fmt: skip
    policies: Policies = Field(default_factory=Policies)


class DatasetConfig(_Section):
    """A whole ``dataset.yml``; each canonical table has a section of its name."""

    name: str | None = None
    currency: Currency | None = None
    as_of: dt.date | None = None
    transactions: Transactions = Field(default_factory=Transactions)


def read_config(path: Path) -> DatasetConfig:
    """Read and check a ``dataset.yml``.

    Raises
    ------
    CarteraError
        If it is not YAML, or a key or value is not one that is known: the nearest right one is named.
    """
    content = _content(path) or {}
    if not isinstance(content, dict):
        raise CarteraError(
            _("{file}: a list of 'key: value' lines was expected, such as 'currency: EUR'.").format(
                file=path.name
            )
        )
    try:
        config = DatasetConfig.model_validate(content)
    except ValidationError as error:
        raise CarteraError(_explained(path.name, error)) from None
    _check_columns(path.name, config.transactions.columns)
    return config


def _content(path: Path) -> Any:  # noqa: ANN401 whatever YAML holds
    """Return what a YAML file holds; Windows-1252 is read where it is not UTF-8."""
    try:
        written = path.read_bytes()
    except OSError as error:
        raise CarteraError(
            _("{file} cannot be read: {reason}.").format(file=path.name, reason=error.strerror)
        ) from None
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = written.decode("cp1252", errors="replace")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise CarteraError(
            _(
                "{file}, line {line}: this is not valid YAML. Check the indentation and the quotes there."
            ).format(file=path.name, line=line)
        ) from None
    except ValueError:
        raise CarteraError(
            _("{file} holds a day that is not in the calendar. Write days as 2024-12-31.").format(
                file=path.name
            )
        ) from None


def _explained(file: str, error: ValidationError) -> str:
    """Say the first thing that is wrong, with the key it is wrong in and what would be right."""
    first = error.errors()[0]
    path, section = _place(first["loc"])
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return _("{file}: unknown key '{key}'. {hint}").format(
            file=file, key=key, hint=nearest(path[-1], list(section.model_fields))
        )
    return _("{file}: '{key}: {value}' cannot be used. {expected}").format(
        file=file, key=key, value=first["input"], expected=_expected(path[-1], first)
    )


def _place(location: tuple[int | str, ...]) -> tuple[list[str], type[BaseModel]]:
    """Return the keys that lead to what is wrong, and the section it stands in."""
    path: list[str] = []
    section: type[BaseModel] = DatasetConfig
    for part in location:
        path.append(str(part))
        field = section.model_fields.get(str(part))
        if field is None or not isinstance(field.annotation, type):
            break
        if issubclass(field.annotation, BaseModel):
            section = field.annotation
    return path, section


def _expected(key: str, wrong: ErrorDetails) -> str:
    """Return what could stand under ``key``."""
    if wrong["type"] == "literal_error":
        return _("Known are: {names}.").format(names=str(wrong["ctx"]["expected"]).replace(" or ", ", "))
    if wrong["type"] == "model_type":
        return _("Lines of the form 'key: value' were expected, indented below it.")
    return {
        "currency": _("A code of three letters was expected, such as EUR."),
        "as_of": _("A day was expected, such as 2024-12-31."),
        "prices_include_tax": _("A rate from 0 to 1 was expected, such as 0.21 for 21 %."),
        "header_line": _("The number of a line was expected, from 1."),
        "columns": _("Lines of the form 'amount: Importe' were expected: a canonical column and its header."),
        "names": _("A list of column names was expected, in their order."),
        "test_codes": _("A list of codes was expected."),
        "postage_codes": _("A list of codes was expected."),
    }.get(key, _("A word or a text in quotes was expected."))


def nearest(wrong: str, known: list[str]) -> str:
    """Return a hint at the known name that is nearest to ``wrong``, or at all of them."""
    close = difflib.get_close_matches(wrong, known, n=1)
    if close:
        return _("Did you mean '{name}'?").format(name=close[0])
    return _("Known are: {names}.").format(names=listing(known))


def _check_columns(file: str, columns: dict[str, Any]) -> None:
    known = [column.name for column in TRANSACTIONS.columns]
    for name in columns:
        if name not in known:
            raise CarteraError(
                _(
                    "{file}: 'transactions.columns' names '{name}', which is no canonical column. {hint}"
                ).format(file=file, name=name, hint=nearest(name, known))
            )
