"""``dataset.yml``: what files do not say of themselves; what becomes of doubtful rows and broken tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from analysis.dataset.action_table import (
    Action,
    ActionName,
    When,
    with_actions_of_file,
)
from analysis.dataset.naming import LONGEST, names_a_folder
from analysis.dataset.schema import TABLES, fit_stages
from analysis.dataset.segment_table import CUTS, Scoring, Segment, with_segments_of_file
from analysis.dataset.yaml_file import read_yaml
from analysis.errors import CarteraError
from analysis.language import Language, _
from analysis.suggestions import nearest

DateOrder = Literal["day-first", "month-first"]
DecimalMark = Literal[".", ","]
Delimiter = Annotated[
    Literal[",", ";", "\t", "|", " "],
    BeforeValidator(lambda given: {"tab": "\t", "space": " "}.get(str(given).lower(), given)),
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Setting = Annotated[
    str, BeforeValidator(lambda given: str(given).lower() if isinstance(given, bool) else given)
]
TaxRate = Annotated[float, Field(ge=0, lt=1)]
TAXED = ("transactions", "invoices", "contracts")
"""Tables whose amounts are what the customer pays."""


def _checked_name(name: str) -> str:
    if not names_a_folder(name):
        raise ValueError
    return name


def _checked_stages(stages: list[str]) -> list[str]:
    if stages and not fit_stages(stages):
        raise ValueError
    return stages


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
    extras: Literal["exclude", "keep", "stop"] = "exclude"


class Join(_Section):
    """A list from which the rows of a table take columns, each from the row of the same key.

    ``by``: column of the rows → column of the list, which must stand there once. ``take``: what the rows call
    a column → column of the list; a list may take columns from another by a ``join`` of its own.
    """

    file: str | Annotated[list[str], Field(min_length=1)] | None = None
    sheet: str | None = None
    table: str | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    header_line: Annotated[int, Field(ge=1)] | None = None
    by: Annotated[dict[str, str], Field(min_length=1, max_length=1)]
    take: Annotated[dict[str, str], Field(min_length=1)]
    join: list[Join] = Field(default_factory=list)

    @property
    def place(self) -> TableConfig:
        """Where the list is and how it is read, as of any table."""
        keys = set(TableConfig.model_fields) & self.model_fields_set - {"join"}
        return TableConfig.model_validate({key: getattr(self, key) for key in keys})


class TableConfig(_Section):
    """Where a table is, and how to read it; None: found from the data.

    ``header_lines``: two where names of columns stand below names of groups. ``ignore``: headers of columns
    that are none of the table's, whatever they are called.
    """

    file: str | Annotated[list[str], Field(min_length=1)] | None = None
    sheet: str | None = None
    table: str | None = None
    query: str | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    header_line: Annotated[int, Field(ge=1)] | None = None
    header_lines: Literal[1, 2] = 1
    names: list[str] | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)
    date_order: DateOrder | None = None
    decimal: DecimalMark | None = None
    prices_include_tax: TaxRate | None = None
    join: list[Join] | None = None

    def answered(self, said: Mapping[str, Any]) -> Self:
        """Return the section with answers to questions; what is said of columns and words adds up."""
        known = self.model_dump(exclude_unset=True)
        merged = {
            key: known.get(key, {}) | value if isinstance(value, dict) else value
            for key, value in said.items()
        }
        return type(self).model_validate(known | merged)

    @property
    def says_where(self) -> bool:
        """Whether it names a file, a table of the database or a query."""
        return any(place is not None for place in (self.file, self.table, self.query))


class Transactions(TableConfig):
    """The section of the sales: what becomes of doubtful rows, too, and what rows mean; None: from the data.

    ``amount_is``: the value of the line, that of the whole order on each of its lines, or neither, so that
    quantity × unit price is. ``discount_is``: the same of a discount in money. ``total_rows``: what rows with
    a date that begin with 'Total' are. ``blank_customer``: the customer above, or nobody.
    ``returned_amounts``: what positive amounts of negative quantities and credit notes are. ``refunded``:
    whether a refunded sale and a negative row of its own are one refund or two. ``amount_after_discount``,
    ``amount_is_taxed``, ``amount_has_shipping``: whether the amount is net of ``discount_pct``, and includes
    ``tax`` and ``shipping``. ``states``: what words for the state of an order mean; ``"*"`` is any other.
    ``credit_notes``: names of files, without what says their format, whose amounts take sales back.
    """

    amount_is: Literal["line", "order", "quantity_and_price"] | None = None
    discount_is: Literal["line", "order"] | None = None
    total_rows: Literal["leave_out", "keep"] | None = None
    blank_customer: Literal["above", "nobody"] | None = None
    returned_amounts: Literal["subtract", "as_written"] | None = None
    refunded: Literal["once", "twice"] | None = None
    amount_after_discount: bool | None = None
    amount_is_taxed: bool | None = None
    amount_has_shipping: bool | None = None
    states: dict[str, Literal["sale", "cancelled"]] = Field(default_factory=dict)
    credit_notes: list[str] = Field(default_factory=list)
    test_codes: list[str] = Field(default_factory=lambda: ["TEST", "PRUEBA"])
    postage_codes: list[str] = Field(
        default_factory=lambda: [
            "POST", "POSTAGE", "DOT", "SHIPPING", "FREIGHT", "DELIVERY", "CARRIAGE", "SHIPPING COST",
            "SHIPPING COSTS", "SHIPPING CHARGE", "SHIPPING CHARGES", "SHIPPING FEE", "STANDARD SHIPPING",
            "SHIPPING & HANDLING", "SHIPPING AND HANDLING", "POSTAGE & PACKING", "DELIVERY CHARGE",
            "DELIVERY COST", "DELIVERY FEE", "FREIGHT CHARGE", "FREIGHT CHARGES",
            "PORTE", "PORTES", "PORTES PAGADOS", "ENVÍO", "ENVÍOS", "ENVÍO ESTÁNDAR", "ENVÍO URGENTE",
            "TRANSPORTE", "GASTO DE ENVÍO", "GASTOS DE ENVÍO", "GASTOS ENVÍO", "GASTOS DE TRANSPORTE",
            "COSTE DE ENVÍO", "COSTES DE ENVÍO", "COSTO DE ENVÍO",
        ]
    )  # fmt: skip
    extra_codes: list[str] = Field(
        default_factory=lambda: [
            "TIP", "TIPS", "GRATUITY", "PROPINA", "GIFT CARD", "GIFT CARDS", "GIFT VOUCHER", "E-GIFT CARD",
            "TARJETA REGALO", "TARJETAS REGALO", "CHEQUE REGALO", "BONO REGALO", "FEE", "SERVICE FEE",
            "PAYMENT FEE", "HANDLING FEE", "BANK CHARGES", "COMISIÓN", "GASTOS BANCARIOS",
        ]
    )  # fmt: skip
    policies: Policies = Field(default_factory=Policies)

    def takes_back(self, name: str) -> bool:
        """Tell whether the amounts of the file of this name take sales back."""
        return name.casefold() in map(str.casefold, self.credit_notes)


class DatasetConfig(_Section):
    """A whole ``dataset.yml``: what holds for all tables, and a section for each.

    ``master`` and ``spark``: where Spark runs, and its settings, with ``engine: spark``.
    """

    name: Annotated[str, AfterValidator(_checked_name)] | None = None
    system: str | None = None
    currency: Currency | None = None
    as_of: dt.date | None = None
    language: Language | None = None
    activity_window: Annotated[int, Field(ge=1)] | None = None
    prices_include_tax: TaxRate | None = None
    database: str | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    master: str = "local[*]"
    spark: dict[str, Setting] = Field(default_factory=dict)
    broken_tables: Literal["stop", "leave_out"] = "stop"
    same_customer: list[Annotated[list[str], Field(min_length=2)]] = Field(default_factory=list)
    stages: Annotated[list[str], AfterValidator(_checked_stages)] = Field(default_factory=list)
    rfm: Scoring = Scoring()
    actions: dict[ActionName, Action] | None = None
    transactions: Transactions = Transactions()
    customers: TableConfig = TableConfig()
    invoices: TableConfig = TableConfig()
    surveys: TableConfig = TableConfig()
    leads: TableConfig = TableConfig()
    spend: TableConfig = TableConfig()
    campaigns: TableConfig = TableConfig()
    contracts: TableConfig = TableConfig()
    market: TableConfig = TableConfig()
    stock: TableConfig = TableConfig()
    deliveries: TableConfig = TableConfig()

    def table(self, name: str) -> TableConfig:
        """Return the section of the canonical table ``name``."""
        section: TableConfig = getattr(self, name)
        return section

    def tax_rate(self, table: str) -> float:
        """Return the rate of the tax to take out of a table's amounts; its own section has the last word."""
        own = self.table(table).prices_include_tax
        if own is not None:
            return own
        return (self.prices_include_tax or 0.0) if table in TAXED else 0.0


def read_config(path: Path) -> DatasetConfig:
    """Read and check a ``dataset.yml``.

    Raises
    ------
    CarteraError
        If it is not YAML, or a key or value is not one that is known: the nearest right one is named.
    """
    content = _without_empty(read_yaml(path) or {})
    if not isinstance(content, dict):
        raise CarteraError(
            _("{file}: a list of 'key: value' lines was expected, such as 'currency: EUR'.").format(
                file=path.name
            )
        )
    if "rfm" in content:
        content |= {"rfm": with_segments_of_file(content["rfm"], path.parent)}
    if "actions" in content:
        content |= {"actions": with_actions_of_file(content["actions"], path.parent)}
    try:
        config = DatasetConfig.model_validate(content)
    except ValidationError as error:
        raise CarteraError(_explained(path.name, error)) from None
    config.rfm.check(path.name)
    for table in TABLES:
        check_columns(path.name, table, config.table(table).columns)
        _check_place(path.name, table, config)
    return config


def _without_empty(content: Any) -> Any:  # noqa: ANN401 whatever YAML holds
    """Return the content with sections that hold nothing but comments as empty ones."""
    if not isinstance(content, dict):
        return content
    empty = {
        key
        for key in content
        if key in (*TABLES, "columns", "policies", "rfm", "spark") and content[key] is None
    }
    return {key: {} if key in empty else _without_empty(value) for key, value in content.items()}


def _explained(file: str, error: ValidationError) -> str:
    """Say the first thing that is wrong, with the key it is wrong in and what would be right."""
    first = error.errors()[0]
    path, section = _place(first["loc"])
    key = _one_line(".".join(path))
    value = "…" if key == "database" else _one_line(str(first["input"]))  # an address may hold a password
    if first["type"] == "extra_forbidden":
        return _("{file}: unknown key '{key}'. {hint}").format(
            file=file, key=key, hint=_belongs(path) or nearest(path[-1], list(section.model_fields))
        )
    return _("{file}: '{key}: {value}' cannot be used. {expected}").format(
        file=file, key=key, value=value, expected=_expected(path[-1], first)
    )


def _one_line(written: str) -> str:
    """Return what stands in the file as one short line."""
    line = "".join(sign if sign.isprintable() else " " for sign in written)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _belongs(path: list[str]) -> str | None:
    """Return where a key that is right elsewhere has its place; None if it is right nowhere."""
    key, above = path[-1], path[:-1]
    if above and key in DatasetConfig.model_fields and key not in TABLES:
        return _("'{key}' belongs at the top of the file, not indented.").format(key=key)
    if key in Policies.model_fields and (not above or above[-1] != "policies"):
        return _("'{key}' belongs under 'policies', which stands under 'transactions'.").format(key=key)
    if key in Transactions.model_fields and (not above or above[0] in TABLES):
        section = "transactions" if key not in TableConfig.model_fields or not above else above[0]
        return _("'{key}' belongs under '{section}'.").format(key=key, section=section)
    return None


def _place(location: tuple[int | str, ...]) -> tuple[list[str], type[BaseModel]]:
    """Return the keys that lead to what is wrong, and the section it stands in."""
    path: list[str] = []
    section: type[BaseModel] = DatasetConfig
    for place, part in enumerate(location):
        path.append(str(part))
        if part == "segments":
            return [*path, *map(str, location[place + 1 :])], Segment
        if part == "join":
            return [*path, *map(str, location[place + 1 :])], Join
        if part == "actions":
            keys = [str(key) for key in location[1:] if key != "[key]"]
            return [*path, *keys], When if "when" in keys[1:-1] else Action
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
    cuts = _("A list of numbers was expected, each above the one before, such as [30, 90, 180, 365].")
    scores = _("A score from 1 to 5 was expected, or a range of them, such as 4-5.")
    return {
        "name": _("A name that a folder can have was expected: up to {n} signs, without / and \\.").format(
            n=LONGEST
        ),
        "database": _("The path of a file or the address of a database was expected, in quotes."),
        "spark": _("Lines of the form 'spark.driver.memory: 4g' were expected, indented below it."),
        "currency": _("A code of three letters was expected, such as EUR."),
        "as_of": _("A day was expected, such as 2024-12-31."),
        "prices_include_tax": _("A rate from 0 to 1 was expected, such as 0.21 for 21 %."),
        "file": _("The name of a file was expected, or a list of names."),
        "header_line": _("The number of a line was expected, from 1."),
        "join": _(
            "A list of lines was expected, such as '- {file: orders.csv, by: {order_id: order_id}, "
            "take: {date: date}}'."
        ),
        "by": _("A column of the rows and the column of the list that is the same were expected."),
        "take": _("Lines of the form 'date: order_date' were expected: a name and a column of the list."),
        "columns": _("Lines of the form 'amount: Importe' were expected: a canonical column and its header."),
        "names": _("A list of column names was expected, in their order."),
        "test_codes": _("A list of codes was expected."),
        "postage_codes": _("A list of codes was expected."),
        "extra_codes": _("A list of codes was expected."),
        "scores": _("A whole number from 2 to 10 was expected."),
        "stages": _(
            "Three different words were expected, for leads as they come in, qualified ones and those close "
            "to deciding, such as [prospect, lead, potential]."
        ),
        "segments": _("The name of a file with segments was expected, or the segments themselves."),
        "recency": scores,
        "loyalty": scores,
        **dict.fromkeys(CUTS, cuts),
    }.get(key, _("A word or a text in quotes was expected."))


def check_columns(file: str, table: str, columns: dict[str, Any]) -> None:
    """Check that a section names canonical columns only."""
    known = [column.name for column in TABLES[table].columns]
    for name in columns:
        if name not in known:
            raise CarteraError(
                _("{file}: '{table}.columns' names '{name}', which is no canonical column. {hint}").format(
                    file=file, table=table, name=name, hint=nearest(name, known)
                )
            )


def _check_place(file: str, table: str, config: DatasetConfig) -> None:
    """Check that a section names one place where its table is, and that there is a database if it must."""
    section = config.table(table)
    places = [key for key in ("file", "table", "query") if getattr(section, key) is not None]
    if len(places) > 1:
        raise CarteraError(
            _("{file}: '{table}' names both '{first}' and '{second}'. Keep the one that holds it.").format(
                file=file, table=table, first=places[0], second=places[1]
            )
        )
    if config.engine == "spark" and config.database is not None:
        raise CarteraError(
            _("{file}: 'engine: spark' reads no 'database'. Keep one of them.").format(file=file)
        )
    if places == ["table"] and config.engine == "spark":
        return
    if places and places != ["file"] and config.database is None:
        raise CarteraError(
            _(
                "{file}: '{table}.{key}' asks a database, but the file names none. Add 'database:' and its "
                "address at the top, such as 'database: shop.sqlite'."
            ).format(file=file, table=table, key=places[0])
        )
