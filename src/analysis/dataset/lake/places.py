"""Where tables of a lake are, and what stands for each among the raw files: its first rows, or a copy.

Nothing of the sales but their first rows comes to this machine's memory. They are kept as a Parquet file
whose metadata name the files of the table, so that whoever looks at headers, first rows or the digest of a
raw file finds them as of any other.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.dataset.cache import copied
from analysis.dataset.config import DatasetConfig, TableConfig
from analysis.dataset.sources.inputs import Input, Source
from analysis.engine.spark import read_files, reason_of, session
from analysis.errors import CarteraError
from analysis.language import _

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SAMPLE = 100_000
"""First rows of the sales, by which their columns are known."""
_FORMATS = {"delta": "_delta_log/*.json", "iceberg": "metadata/*.metadata.json"}
"""What lies in a folder that is more than Parquet files."""
_NO_FILE_NAME = re.compile(r"[\\/:*?\"<>|`]+")
_PATTERN = re.compile(r"([*?\[\]{}\\])")


def is_in_lake(place: TableConfig, folder: Path) -> bool:
    """Tell whether a section names what only Spark finds: a table that it knows, an address, a folder."""
    if place.table is not None:
        return True
    return isinstance(place.file, str) and (_is_address(place.file) or (folder / place.file).is_dir())


def from_lake(table: str, folder: Path, config: DatasetConfig) -> Input:
    """Return what stands for a table whose place only Spark finds.

    Parameters
    ----------
    table
        Name of the canonical table.
    folder
        Where ``dataset.yml`` is.
    config
        What it says.

    Raises
    ------
    CarteraError
        If Spark cannot read it.
    """
    place = config.table(table)
    if isinstance(place.file, str) and not _is_address(place.file):
        place = place.model_copy(update={"file": f"file://{(folder / place.file).resolve()}"})
    shown = str(place.table or config.table(table).file)
    return _standing_for(shown, place, config, whole=table != "transactions")


def sales_of_spark(source: Source) -> Source:
    """Return a data set with the first rows of its sales in place of the Parquet files that hold them.

    Raises
    ------
    CarteraError
        If the sales are no Parquet files.
    """
    given = source.inputs.get("transactions")
    if given is None or given.origin:
        return source
    for path in given.files:
        if not _is_parquet(path):
            raise CarteraError(
                _(
                    "{file}: with 'engine: spark' sales are Parquet files or tables, no text files and no "
                    "workbooks. Run 'cartera import {file} FOLDER', and name that folder."
                ).format(file=path.name)
            )
    place = given.settings.model_copy(update={"file": [str(path) for path in given.files]})
    shown = ", ".join(str(path) for path in given.files)
    stands = replace(_standing_for(shown, place, source.config, whole=False), lists=given.lists)
    return replace(source, inputs=source.inputs | {"transactions": stands})


def rows_of(spark: SparkSession, place: TableConfig) -> DataFrame:
    """Return the rows of a table from where its section, with whole paths, says that they are."""
    if place.table is not None:
        return spark.table(place.table)
    if isinstance(place.file, list):
        return read_files(spark, *map(Path, place.file))
    where = str(place.file)
    reader = spark.read.format(_format(spark, where))
    if where.startswith("file://"):
        reader = reader.option("__globPaths__", "false")
    return reader.load(where)


def _is_address(place: str) -> bool:
    return "://" in place


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _format(spark: SparkSession, where: str) -> str:
    """Return what a folder holds: as Parquet, a Delta table would show rows that were deleted, too."""
    from pyspark.errors import AnalysisException  # noqa: PLC0415 an extra

    inside = _PATTERN.sub(r"\\\1", where) if where.startswith("file://") else where
    for name, sign in _FORMATS.items():
        try:
            spark.read.text(f"{inside}/{sign}")
        except AnalysisException:
            continue
        return name
    return "parquet"


def _standing_for(shown: str, place: TableConfig, config: DatasetConfig, *, whole: bool) -> Input:
    spark = session(config.master, config.spark)
    try:
        rows = rows_of(spark, place)
        files = _files(rows)
        make = partial(_write, rows if whole else rows.limit(SAMPLE), files or uuid.uuid4().hex)
        name = _NO_FILE_NAME.sub(" ", Path(shown).name)
        copy = copied(f"{shown}\n{files}", name, make)
    except CarteraError:
        raise
    except Exception as error:
        raise CarteraError(
            _("{table} cannot be read by Spark: {reason}").format(table=shown, reason=reason_of(error))
        ) from None
    return Input((copy,), place, shown)


def _files(rows: DataFrame) -> str:
    """Return name, size and time of the files that a table stands in; empty where Spark does not say."""
    from pyspark.errors import AnalysisException  # noqa: PLC0415 an extra

    parts = ("file_path", "file_size", "file_modification_time")
    try:
        known = rows.select(*(f"_metadata.{part}" for part in parts)).distinct()
    except AnalysisException:
        return ""
    return "\n".join(sorted(" ".join(map(str, row.values())) for row in known.toArrow().to_pylist()))


def _write(rows: DataFrame, files: str, target: Path) -> None:
    table: pa.Table = rows.toArrow()
    pq.write_table(table.replace_schema_metadata({"files": files}), target)
