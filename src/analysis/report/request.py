"""What is asked of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.language import Language


@dataclass(frozen=True)
class Request:
    """What is asked of a run.

    Attributes
    ----------
    data
        Name of a data set, or path of a file, a folder or a ``dataset.yml``.
    out
        Folder of the report; None means a folder in ``base``, named after the data set.
    base
        Where reports go.
    as_of
        Last day that counts, ``YYYY-MM-DD``; None means the last transaction's date.
    language
        Language of the report.
    notebooks
        Names, numbers or topics of notebooks; none means all.
    assignments
        Parameters as ``name=value``.
    jobs
        How many notebooks run at once; None means one per core.
    pdf
        Whether the report is printed too.
    """

    data: str
    out: Path | None = None
    base: Path = Path("reports")
    as_of: str | None = None
    language: Language = "en"
    notebooks: Sequence[str] = ()
    assignments: Sequence[str] = ()
    jobs: int | None = None
    pdf: bool = False
