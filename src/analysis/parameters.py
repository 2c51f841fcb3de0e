"""The parameters of each notebook: names, types and limits, checked before anything runs.

papermill checks neither names nor types; ``validate`` does, in the cell after the parameters, and
``cartera run`` does so for ``-p`` before a kernel starts. Defaults live in the notebooks alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from analysis.errors import CarteraError
from analysis.language import LANGUAGES, Language, _, listing, use_language
from analysis.suggestions import nearest

Period = Literal["month", "quarter", "half_year", "year"]
Compare = Literal["year_to_date", "year", "half_year", "quarter", "month"]
Window = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Weeks = Annotated[int, Field(ge=1)]
PurchaseModel = Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd"]


def _earlier_run(text: str) -> str:
    """Return the folder of an earlier run, in full, since a kernel starts elsewhere."""
    folder = Path(text).expanduser()
    if not (folder / "findings.json").is_file():
        raise CarteraError(
            _(
                "'previous' is {folder}, where no run has left a report: give the folder that an earlier run "
                "wrote, in which 'findings.json' stands, or None."
            ).format(folder=folder)
        )
    return str(folder.resolve())


EarlierRun = Annotated[str, AfterValidator(_earlier_run)]


class Common(BaseModel):
    """What every notebook takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    data: str
    as_of: str | None
    out: str | None
    language: Language


class Portfolio(Common):
    """Parameters of ``01_portfolio``."""

    compare: Compare
    period: Period | None
    activity_window: Window | None


class PortfolioAudit(Portfolio):
    """Parameters of ``01_portfolio_audit``."""


class Segmentation(Common):
    """Parameters of ``02_segmentation``."""

    activity_window: Window | None
    scores: Annotated[int, Field(ge=2, le=10)] | None
    abc_a: Annotated[float, Field(gt=0, lt=1)]
    abc_b: Annotated[float, Field(gt=0, le=1)]

    @model_validator(mode="after")
    def _classes_in_order(self) -> Self:
        if self.abc_a > self.abc_b:
            message = _(
                "'abc_a' is {a}, above 'abc_b', which is {b}: A ends before B, give them in that order."
            )
            raise CarteraError(message.format(a=self.abc_a, b=self.abc_b))
        return self


class SegmentationCheck(Common):
    """Parameters of ``02_segmentation_check``."""

    activity_window: Window | None
    months: Annotated[int, Field(ge=1, le=60)] | None
    clusters: Annotated[int, Field(ge=2, le=12)] | None


class Churn(Common):
    """Parameters of ``03_churn``."""

    period: Period | None
    activity_window: Window | None
    calls: Annotated[int, Field(ge=1)]
    response_days: Annotated[int, Field(ge=1)]
    contact_uplift: Annotated[float, Field(ge=-1)] | None
    contact_cost: Annotated[float, Field(ge=0)] | None
    previous: EarlierRun | None


class ChurnCheck(Common):
    """Parameters of ``03_churn_check``."""

    response_days: Annotated[int, Field(ge=1)]
    activity_window: Window | None


class Contracts(Common):
    """Parameters of ``03_churn_contracts``."""

    renewal_months: Annotated[int, Field(ge=1, le=120)]
    annual_discount_rate: Share
    margin_rate: Share | None


class ForecastCheck(Common):
    """Parameters of ``04_ltv_check``."""

    model: PurchaseModel
    holdout_weeks: Weeks | None
    unit: Literal["day", "week"]


class Forecast(Common):
    """Parameters of every notebook that looks ahead."""

    model: PurchaseModel
    horizon_weeks: Annotated[int, Field(ge=1, le=520)]
    holdout_weeks: Weeks | None


class LifetimeValue(Forecast):
    """Parameters of ``04_ltv``."""

    unit: Literal["day", "week"]
    annual_discount_rate: Share
    margin_rate: Share | None
    activity_window: Window | None


class Profitability(Common):
    """Parameters of ``05_profitability``."""

    months: Annotated[int, Field(ge=1, le=120)]
    margin_rate: Share | None
    annual_capital_cost: Share
    promised_days: Annotated[int, Field(ge=1)] | None


class Acquisition(Forecast):
    """Parameters of ``06_acquisition``."""

    annual_discount_rate: Share
    margin_rate: Share | None
    acquisition_cost: Annotated[float, Field(ge=0)] | None
    lag_months: Annotated[int, Field(ge=0, le=36)]


class Satisfaction(Common):
    """Parameters of ``07_satisfaction``."""

    months: Annotated[int, Field(ge=1, le=120)]
    least_answers: Annotated[int, Field(ge=1)]
    activity_window: Window | None
    promised_days: Annotated[int, Field(ge=1)] | None


class ActionPlan(Common):
    """Parameters of ``08_action_plan``."""

    budget: Annotated[float, Field(ge=0)] | None
    capacity: Annotated[int, Field(ge=0)] | None
    weeks: Weeks
    contact_cost: Annotated[float, Field(ge=0)] | None
    response_days: Annotated[int, Field(ge=1)]
    activity_window: Window | None
    control_share: Share | None
    previous: EarlierRun | None


class PortfolioSheet(Common):
    """Parameters of ``sheets/portfolio_sheet``."""

    by: str
    owner: str | None
    activity_window: Window | None


NOTEBOOKS: dict[str, type[Common]] = {
    "01_portfolio": Portfolio,
    "01_portfolio_audit": PortfolioAudit,
    "02_segmentation": Segmentation,
    "02_segmentation_check": SegmentationCheck,
    "03_churn": Churn,
    "03_churn_check": ChurnCheck,
    "03_churn_contracts": Contracts,
    "04_ltv": LifetimeValue,
    "04_ltv_check": ForecastCheck,
    "05_profitability": Profitability,
    "06_acquisition": Acquisition,
    "07_satisfaction": Satisfaction,
    "08_action_plan": ActionPlan,
    "sheets/portfolio_sheet": PortfolioSheet,
}


def validate(notebook: str, namespace: Mapping[str, Any]) -> None:
    """Check the parameters of a notebook that is running: names, types, limits, and that they agree.

    Parameters
    ----------
    notebook
        Name of the notebook, such as ``01_portfolio``.
    namespace
        The notebook's ``globals()``. Its history ``In`` shows which names papermill or the reader set.

    Raises
    ------
    CarteraError
        If a name is unknown or missing, a value has the wrong type or lies outside its limits, or values
        contradict each other.
    """
    if namespace.get("language") in LANGUAGES:
        use_language(namespace["language"])
    model = NOTEBOOKS[notebook]
    for name in _assigned(namespace.get("In", [])):
        if name not in model.model_fields:
            raise CarteraError(_unknown(name, notebook, model.model_fields))
    values = {name: namespace[name] for name in model.model_fields if name in namespace}
    try:
        model.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise CarteraError(_refusal(name, notebook, values)) from None


def from_text(
    assignments: Iterable[str], notebooks: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Read ``name=value`` texts by each parameter's declared type.

    Parameters
    ----------
    assignments
        As given to ``-p``: ``period=quarter``.
    notebooks
        For each notebook that will run, the values that stand in it.

    Returns
    -------
    dict of dict
        For each notebook the parameters it knows. A text parameter keeps ``007``.

    Raises
    ------
    CarteraError
        If a text is no assignment, no chosen notebook knows the name, or a value does not fit, alone or
        beside the others.
    """
    given: dict[str, dict[str, Any]] = {notebook: {} for notebook in notebooks}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise CarteraError(_("'{text}' is no parameter: write name=value.").format(text=assignment))
        if name in Common.model_fields:
            message = _("'{name}' is not set with -p: it has an option or argument of its own.")
            raise CarteraError(message.format(name=name))
        takers = [notebook for notebook in given if name in NOTEBOOKS[notebook].model_fields]
        if not takers:
            known = {field for notebook in given for field in NOTEBOOKS[notebook].model_fields}
            raise CarteraError(_unknown(name, listing(list(given)), known - set(Common.model_fields)))
        for notebook in takers:
            given[notebook][name] = _parsed(name, text, notebook)
    for notebook, values in given.items():
        with suppress(ValidationError):  # each value given has passed, so that it is one of the notebook's
            NOTEBOOKS[notebook].model_validate({**notebooks[notebook], **values})
    return given


def _assigned(history: list[str]) -> list[str]:
    """Return the names set by the last parameters cell and by the last one that papermill injected."""
    own = [source for source in history if source.lstrip().startswith("data: str")]
    injected = [source for source in history if source.partition("\n")[0] == "# Parameters"]
    names: list[str] = []
    for source in own[-1:] + injected[-1:]:
        for statement in ast.parse(source).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
            names += [target.id for target in targets if isinstance(target, ast.Name)]
    return names


def _parsed(name: str, text: str, notebook: str) -> Any:  # noqa: ANN401 a parameter has its own type
    field = NOTEBOOKS[notebook].model_fields[name]
    declared: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    adapter: TypeAdapter[Any] = TypeAdapter(declared)
    schema = adapter.json_schema()
    if text == "None" and {"type": "null"} in schema.get("anyOf", []):
        return None
    try:
        return adapter.validate_strings(text)
    except ValidationError:
        raise CarteraError(_refusal(name, notebook, {name: text})) from None


def _unknown(name: str, notebook: str, known: Iterable[str]) -> str:
    message = _("Unknown parameter '{name}' of {notebook}. {hint}")
    return message.format(name=name, notebook=notebook, hint=nearest(name, sorted(known)))


def _refusal(name: str, notebook: str, values: Mapping[str, Any]) -> str:
    expected = _expected(NOTEBOOKS[notebook].model_json_schema()["properties"][name])
    if name not in values:
        message = _("Parameter '{name}' of {notebook} is missing; it must be {expected}.")
        return message.format(name=name, notebook=notebook, expected=expected)
    message = _("Parameter '{name}' of {notebook} is {value}, but it must be {expected}.")
    return message.format(name=name, notebook=notebook, value=repr(values[name]), expected=expected)


def _either(first: str, second: str) -> str:
    return _("{first}, or {second}").format(first=first, second=second)


def _expected(schema: Mapping[str, Any]) -> str:
    """Say in the reader's words what a parameter may be."""
    if "anyOf" in schema:
        return reduce(_either, [_expected(option) for option in schema["anyOf"]])
    if "enum" in schema:
        return _("one of {choices}").format(choices=", ".join(repr(choice) for choice in schema["enum"]))
    if "const" in schema:
        return repr(schema["const"])
    kinds = {
        "string": _("text"),
        "integer": _("a whole number"),
        "number": _("a number"),
        "boolean": _("True or False"),
        "null": "None",
    }
    kind = kinds[schema["type"]]
    words = {
        "minimum": _("at least {limit}"),
        "exclusiveMinimum": _("more than {limit}"),
        "maximum": _("at most {limit}"),
        "exclusiveMaximum": _("less than {limit}"),
    }
    limits = [word.format(limit=schema[key]) for key, word in words.items() if key in schema]
    return _("{kind}, {limits}").format(kind=kind, limits=listing(limits)) if limits else kind
