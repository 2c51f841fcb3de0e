"""The actions as somebody wrote them down: for whom each is, what it costs, and what it changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from analysis.dataset.yaml_file import read_yaml

STANDARD_FILE = Path(__file__).parents[1] / "actions" / "actions.yml"
LEAST_ALIVE = 0.05  # whoever is likelier to have left than that is never contacted
ActionName = Literal["retain", "develop", "reactivate", "acquire", "referral", "serve_cheaply"]
_Share = Annotated[float, Field(ge=0, le=1)]
_Money = Annotated[float, Field(ge=0)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class When(_Written):
    """Whom an action is for; None: it does not matter. See ``actions.yml``."""

    active: bool | None = None
    p_alive_at_least: Annotated[float, Field(ge=LEAST_ALIVE, le=1)] = LEAST_ALIVE
    risk_at_least: _Share | None = None
    risk_at_most: _Share | None = None
    value_at_most: float | None = None
    potential_at_least: _Money | None = None
    classes: list[Literal["A", "B", "C"]] | None = None
    score_at_least: float | None = None


class Action(_Written):
    """Something to do with a customer or a lead; see ``actions.yml``."""

    when: When = When()
    cost: _Money = 0.0
    uplift: Annotated[float, Field(ge=-1)] = 0.0
    low: Annotated[float, Field(ge=-1)] = 0.0
    high: Annotated[float, Field(ge=-1)] = 0.0
    within: Annotated[int, Field(ge=1, le=250)] = 20
    channel: str = ""


def with_actions_of_file(written: Any, folder: Path) -> Any:  # noqa: ANN401 whatever YAML holds
    """Return the actions in place of the name of the file that holds them."""
    return read_yaml(folder / written) if isinstance(written, str) else written


@cache
def standard_actions() -> dict[ActionName, Action]:
    """Return the usual actions, from ``actions.yml``."""
    return {key: Action.model_validate(found) for key, found in read_yaml(STANDARD_FILE).items()}
