"""The segments of RFM as somebody wrote them down: a range of scores for each, without gap or overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby, product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from analysis.dataset.yaml_file import read_yaml
from analysis.errors import CarteraError
from analysis.language import _, listing, number

STANDARD_FILE = Path(__file__).parents[1] / "segmentation" / "segments.yml"
SCALE, MIDDLE = 5, 3
TEXTS = ("name", "meaning", "aim", "treatment", "channel", "contact")
CUTS = ("days_since_last", "purchases", "net_sales")
Cell = tuple[int, int, str]
_Times = Literal["once", "several"]
_TIMES: tuple[_Times, ...] = ("once", "several")
CELLS = list(product(range(1, SCALE + 1), range(1, SCALE + 1), _TIMES))
"""The grid that segments divide: recency, loyalty, and whether bought once or several times."""
Range = Annotated[str, StringConstraints(pattern=r"^(1(-[1-5])?|2(-[2-5])?|3(-[3-5])?|4(-[45])?|5(-5)?)$")]
Rising = Annotated[list[float], Field(min_length=1, max_length=9)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Segment(_Written):
    """A named part of the grid of scores, and what to do with the customers in it; see ``segments.yml``.

    ``purchases`` is None where it does not matter. Texts are in the words of who wrote them; those of the
    standard segments are translated.
    """

    name: str = ""
    meaning: str = ""
    recency: Range
    loyalty: Range
    purchases: _Times | None = None
    best: bool = False
    aim: str = ""
    treatment: str = ""
    channel: str = ""
    contact: str = ""

    def said(self, text: str) -> str:
        """Return one of `TEXTS` in the reader's language; one's own words stay as they are."""
        written: str = getattr(self, text)
        return _(written) if written else ""

    def cells(self) -> set[Cell]:
        """Return the cells of the grid that it holds: recency, loyalty, how often bought."""
        recency, loyalty = (range(int(of[0]), int(of[-1]) + 1) for of in (self.recency, self.loyalty))
        return set(product(recency, loyalty, [self.purchases] if self.purchases else _TIMES))

    @property
    def is_away(self) -> bool:
        """Whether none of its customers has bought lately."""
        return int(self.recency[-1]) <= MIDDLE


class Scoring(_Written):
    """The section ``rfm`` of ``dataset.yml``: how many scores, by which cut points, and which segments.

    Cut points rise, one fewer than there are scores: days since the last purchase up to which a score
    holds, purchases and net sales from which one does. None: by quantiles. Segments None: the standard ones.
    """

    scores: Annotated[int, Field(ge=2, le=10)] | None = None
    days_since_last: Rising | None = None
    purchases: Rising | None = None
    net_sales: Rising | None = None
    segments: dict[str, Segment] | None = None

    @property
    def number(self) -> int:
        """Number of scores: that given, or that of the cut points, or five."""
        cuts = [len(found) + 1 for name in CUTS if (found := getattr(self, name))]
        return self.scores or next(iter(cuts), SCALE)

    @property
    def table(self) -> dict[str, Segment]:
        """The segments in force, best first."""
        return self.segments or standard_segments()

    @property
    def names(self) -> dict[str, str]:
        """The name of each segment in the reader's language, best first."""
        segments = self.table.items()
        return {key: found.said("name") or key.replace("_", " ").capitalize() for key, found in segments}

    def keys(self) -> list[str]:
        """Return the key of the segment that holds each of `CELLS`."""
        holder = {cell: key for key, segment in self.table.items() for cell in segment.cells()}
        return [holder[cell] for cell in CELLS]

    def with_scores(self, scores: int | None) -> Self:
        """Return it with another number of scores; None leaves it as it is."""
        changed = self.model_copy(update={"scores": scores} if scores else {})
        changed.check("dataset.yml")
        return changed

    def check(self, file: str) -> None:
        """Refuse cut points that do not fit the number of scores, and segments with gaps or overlaps."""
        for name in CUTS:
            cuts = getattr(self, name)
            if cuts and (cuts != sorted(set(cuts)) or len(cuts) != self.number - 1):
                message = _(
                    "{file}: 'rfm.{name}' holds {cuts}; {n} cut points were expected, each above the one "
                    "before, since there are {scores} scores."
                )
                raise CarteraError(
                    message.format(file=file, name=name, cuts=cuts, n=self.number - 1, scores=self.number)
                )
        if self.segments is not None:
            _check_segments(file, self.segments)


def with_segments_of_file(written: Any, folder: Path) -> Any:  # noqa: ANN401 whatever YAML holds
    """Return the section ``rfm`` with the segments in place of the name of the file that holds them."""
    if not isinstance(written, Mapping) or not isinstance(named := written.get("segments"), str):
        return written
    return {**written, "segments": read_yaml(folder / named)}


@cache
def standard_segments() -> dict[str, Segment]:
    """Return the field's usual segments, from ``segments.yml``."""
    return {key: Segment.model_validate(found) for key, found in read_yaml(STANDARD_FILE).items()}


def _check_segments(file: str, segments: Mapping[str, Segment]) -> None:
    held = Counter(cell for segment in segments.values() for cell in segment.cells())
    faults = []
    if gaps := set(CELLS) - held.keys():
        faults.append(_("in no segment: {cells}").format(cells=_named(gaps)))
    if twice := {cell for cell, times in held.items() if times > 1}:
        keys = listing(sorted(key for key, segment in segments.items() if segment.cells() & twice))
        message = _("in more than one ({segments}): {cells}")
        faults.append(message.format(segments=keys, cells=_named(twice)))
    for key, segment in segments.items():
        wrong = [c for c in segment.cells() if segment.best and (c[0] <= MIDDLE or c[2] == "once")]
        if wrong:
            message = _(
                "in '{segment}', which is marked best and takes a recency of 4 or more and several purchases:"
                " {cells}"
            )
            faults.append(message.format(segment=key, cells=_named(wrong)))
    if not any(segment.best for segment in segments.values()):
        faults.append(_("none is marked 'best: true'"))
    if faults:
        message = _("{file}: the segments do not divide the customers: {faults}. Correct their ranges.")
        raise CarteraError(message.format(file=file, faults=" · ".join(faults)))


def _named(cells: Iterable[Cell]) -> str:
    """Return cells in words, those of one recency together."""
    words = {"once": _("bought once"), "several": _("bought several times")}
    message = _("recency {recency} with loyalty {loyalty}")
    said: dict[str, list[str]] = {}
    rows = sorted(cells, key=lambda cell: (-cell[0], cell[2], cell[1]))
    for (recency, bought), row in groupby(rows, key=lambda cell: (cell[0], cell[2])):
        loyalty = listing([number(cell[1]) for cell in row])
        said.setdefault(message.format(recency=number(recency), loyalty=loyalty), []).append(words[bought])
    return "; ".join(cell if len(times) > 1 else f"{cell} ({times[0]})" for cell, times in said.items())
