"""The customer profile as a whole or, of many customers, in parts on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.customer_columns import in_order


@dataclass(frozen=True)
class Profiles:
    """What every topic knows of each customer, in the columns of `analysis.customer_profile`.

    Attributes
    ----------
    pieces
        The whole as one frame; or, of a data set in parts, the Parquet file of each part.
    attrs
        What `Dataset.query` says of the rows.
    """

    pieces: Sequence[pd.DataFrame | Path]
    attrs: dict[Any, Any]

    @property
    def in_parts(self) -> bool:
        """Whether there are too many customers to hold at once."""
        return len(self.pieces) > 1

    @property
    def columns(self) -> list[str]:
        """The columns that any part has, in their order."""
        if not self.in_parts:
            return _columns(self.pieces[0])
        names = dict.fromkeys(name for piece in self.pieces for name in _columns(piece))
        return [*in_order(pd.DataFrame(columns=[*names])).columns]

    def __contains__(self, column: object) -> bool:
        return column in self.columns

    def __len__(self) -> int:
        return sum(
            pq.read_metadata(piece).num_rows if isinstance(piece, Path) else len(piece)
            for piece in self.pieces
        )

    def parts(self, columns: Sequence[str] = ()) -> Iterator[pd.DataFrame]:
        """Yield the customers part by part, with these columns as far as there are any; none: all."""
        known = self.columns
        wanted = [name for name in columns or known if name in known]
        for piece in self.pieces:
            held = [name for name in wanted if name in set(_columns(piece))]
            rows = pd.read_parquet(piece, columns=held) if isinstance(piece, Path) else piece[held]
            yield rows if held == wanted else rows.reindex(columns=wanted)

    def table(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        """Return all customers with these columns, as far as there are any; none: all."""
        found = [*self.parts(columns)]
        table = pd.concat(found, ignore_index=True) if self.in_parts else found[0]
        table.attrs = self.attrs
        return table

    def known(self) -> pd.Series:
        """Return by column of how many customers it is known."""
        counted = pd.concat([part.notna().sum() for part in self.parts()], axis=1).sum(axis=1)
        return counted.astype(int)

    def schema(self) -> pa.Schema:
        """Return the columns with the types that hold the values of all parts."""
        found = [
            pq.read_schema(piece)
            if isinstance(piece, Path)
            else pa.Schema.from_pandas(piece, preserve_index=False)
            for piece in self.pieces
        ]
        fields = pa.unify_schemas(found, promote_options="permissive")
        return pa.schema([fields.field(name) for name in self.columns], fields.metadata)

    def head(self, rows: int = 5) -> pd.DataFrame:
        """Return the first customers."""
        return next(self.parts()).head(rows)


def _columns(piece: pd.DataFrame | Path) -> list[str]:
    return pq.read_schema(piece).names if isinstance(piece, Path) else [*map(str, piece.columns)]
