"""The answers to surveys: on which scale they are, and how content a group of customers is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.language import N_, _, number, percent
from analysis.not_possible import NotPossible
from analysis.profitability.contribution import window_start
from analysis.statistics import Z_95, Floats, wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

OF_TEN = {
    "detractors": N_("Detractors (0–6)"),
    "neutral": N_("Neutral (7–8)"),
    "promoters": N_("Promoters (9–10)"),
}
OF_OTHERS = {"dissatisfied": N_("Dissatisfied"), "neutral": N_("Neutral"), "satisfied": N_("Satisfied")}
NEEDS_SALES = N_(
    "Sales beside the surveys would show who answers and who does not, how content the best customers and "
    "each group are, and what they bought afterwards."
)
_TEN, _FIVE = 10, 5
_LOW, _HIGH = 0.4, 0.8  # of another scale: 2 and 4 of 5


@dataclass(frozen=True)
class Answers:
    """The answers on one scale, by day.

    ``frame`` has ``customer_id``, ``date``, ``score``, ``comment`` and ``group``, from `groups`; ``scale``
    is the best possible answer. Most is told of the ``months`` to ``as_of``, and nothing of groups with fewer
    answers than ``least``. ``read_as`` says which are read otherwise than they look, or not at all.

    Answers from 0 to 10 make an NPS; of others the share of satisfied ones is told, those of 80 % of
    the scale or more: 4 and 5 of 5. Those of 40 % or less are dissatisfied.
    """

    frame: pd.DataFrame
    scale: float
    as_of: dt.date
    months: int = 12
    least: int = 10
    read_as: tuple[str, ...] = ()

    @property
    def groups(self) -> dict[str, str]:
        """Names of the groups of answers in the reader's language, the least content first."""
        return {key: _(name) for key, name in (OF_TEN if self.scale == _TEN else OF_OTHERS).items()}

    @property
    def measure(self) -> str:
        """What is told of a group: ``nps`` or ``satisfied_share``."""
        return "nps" if self.scale == _TEN else "satisfied_share"

    @property
    def lately(self) -> pd.DataFrame:
        """The last answer of each customer in the months: each counts once."""
        return self.frame[self.recent].drop_duplicates("customer_id", keep="last")

    @property
    def a_period_earlier(self) -> pd.DataFrame:
        """The last answer of each customer in as many months before."""
        until = window_start(self.as_of, self.months)
        since = pd.Timestamp(window_start(until, self.months))
        earlier = self.frame[self.frame["date"].between(since, pd.Timestamp(until), inclusive="right")]
        return earlier.drop_duplicates("customer_id", keep="last")

    @property
    def recent(self) -> pd.Series[bool]:
        """Which answers are of the months."""
        return self.frame["date"] > pd.Timestamp(window_start(self.as_of, self.months))

    def rated(self, frame: pd.DataFrame, by: str) -> pd.DataFrame:
        """Return by group how many ``answers`` there are, the measure, and its 95 % interval.

        NPS (in points) = % promoters − % detractors; its interval is that of `nps_interval`, that of a share
        is Wilson's.
        """
        counts = pd.crosstab(frame[by], frame["group"]).reindex(columns=[*self.groups], fill_value=0)
        (low, neutral, high), names = counts.to_numpy(np.float64).T, ["", "_low", "_high"]
        n = low + neutral + high
        ends = nps_interval(high, low, n) if self.measure == "nps" else wilson(high / n, n)
        value = 100 * (high - low) / n if self.measure == "nps" else high / n
        columns = {self.measure + name: of for name, of in zip(names, (value, *ends), strict=True)}
        return pd.DataFrame({"answers": n} | columns, counts.index)

    def overall(self, frame: pd.DataFrame) -> pd.Series:
        """Return the row of `rated` for all answers of a frame."""
        return self.rated(frame.assign(all=0), "all").iloc[0]

    def says(self, row: pd.Series) -> str:
        """Return the measure of a row of `rated` with its interval, in words."""
        value, *ends = (self.written(row[name]) for name in row.index if name.startswith(self.measure))
        is_nps = self.measure == "nps"
        text = _("NPS {value} ({low} to {high})") if is_nps else _("{value} satisfied ({low} to {high})")
        return text.format(value=value, low=ends[0], high=ends[1])

    def written(self, value: float) -> str:
        """Write a value of the measure: an NPS has a sign."""
        if self.measure != "nps":
            return percent(value, 1)
        return ("+" if value > 0 else "") + number(value, 1)


def nps_interval(promoters: ArrayLike, detractors: ArrayLike, answers: ArrayLike) -> tuple[Floats, Floats]:
    """Return the ends of the 95 % interval of an NPS, in points from −100 to 100.

    It is that of Agresti & Min (2005) for the difference of two shares of the same people: half an answer is
    added to promoters and to detractors, and one to the rest, so that it has a width for a single answer too.

    Examples
    --------
    Of 10, 9, 9, 8, 7, 6 and 3: 100 × (1 ÷ 9 ± 1.96 × √((6 ÷ 9 − 1 ÷ 81) ÷ 9)).

    >>> [round(float(end), 1) for end in nps_interval(3, 2, 7)]
    [-41.7, 64.0]
    """
    n, up, down = np.asarray(answers) + 2.0, np.asarray(promoters) + 0.5, np.asarray(detractors) + 0.5
    middle = (up - down) / n
    half = Z_95 * np.sqrt(((up + down) / n - middle**2) / n)
    return 100 * np.maximum(middle - half, -1), 100 * np.minimum(middle + half, 1)


def differ(one: pd.Series, other: pd.Series, measure: str) -> bool:
    """Tell whether two measures differ by more than both intervals leave open (Zou & Donner 2008)."""
    low, high = (one, other) if one[measure] < other[measure] else (other, one)
    reach = np.hypot(low[f"{measure}_high"] - low[measure], high[measure] - high[f"{measure}_low"])
    return bool(high[measure] - low[measure] > reach)


def verdict(one: pd.Series, other: pd.Series, measure: str) -> str:
    """Say whether two measures `differ`."""
    is_clear = differ(one, other, measure)
    return _("a clear difference") if is_clear else _("a difference that may be chance")


def answers(dataset: Dataset, months: int = 12, least: int = 10) -> Answers | NotPossible:
    """Return the answers up to ``as_of`` on the scale that most of those of the months have.

    Where none of those from 0 to 10, as which a table without a scale is read, is below 1 or above 5, they
    are taken for answers from 1 to 5: they would else make an NPS of −100.
    """
    if "surveys" not in dataset.tables:
        return NotPossible(
            _(
                "A table 'surveys' with customer_id, date and score (0 to 10, or a column 'scale') would "
                "show how content customers are, and 'comment' why; 'deliveries' is set beside it."
            )
        )
    frame = dataset.query("survey_answers").astype({"score": "float64", "scale": "float64"})
    counts = frame.loc[
        frame["date"] > pd.Timestamp(window_start(dataset.as_of, months)), "scale"
    ].value_counts()
    if counts.empty:
        return NotPossible(_("No survey was answered in these months."))
    scale, said = float(counts[counts == counts.max()].index.max()), []
    frame = frame[frame["scale"] == scale].drop(columns="scale").reset_index(drop=True)
    if len(counts) > 1:
        message = _("Answers on other scales than up to {scale} do not count here: {others} in these months.")
        others = number(counts.sum() - counts.max())
        said.append(message.format(scale=number(scale), others=others))
    scale = float(_FIVE) if scale == _TEN and frame["score"].between(1, _FIVE).all() else scale
    if scale != _TEN:
        message = _(
            "The best answer is taken to be {scale}: no NPS is told, but the share of satisfied ones."
        )
        said.append(message.format(scale=number(scale)))
    keys, score = [*(OF_TEN if scale == _TEN else OF_OTHERS)], frame["score"].to_numpy()
    low, high = (6, 9) if scale == _TEN else (_LOW * scale, _HIGH * scale)
    frame["group"] = [keys[place] for place in 1 + (score >= high) - (score <= low).astype(int)]
    return Answers(frame, scale, dataset.as_of, months, least, tuple(said))


def profile(dataset: Dataset) -> pd.DataFrame:
    """Return by ``customer_id`` the last answer from 0 to 10, ``nps_score``, and its day, ``nps_date``."""
    found = answers(dataset, months=1200)
    if isinstance(found, NotPossible) or found.measure != "nps":
        none = pd.DataFrame({"nps_score": [], "nps_date": pd.to_datetime([])})
        return none.set_index(pd.Index([], dtype="str", name="customer_id"))
    columns = {"score": "nps_score", "date": "nps_date"}
    return found.lately.set_index("customer_id")[[*columns]].rename(columns=columns)
