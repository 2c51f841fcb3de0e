"""A folder of canonical Parquet files, made once of what takes long to read: a data set of its own."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import yaml

from analysis.dataset.cache import MARKER
from analysis.dataset.config import DatasetConfig
from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.dataset.kept_tables import read_anew
from analysis.dataset.ledger.intake_result import Intake, load
from analysis.dataset.naming import folder_name
from analysis.dataset.parts import is_part
from analysis.dataset.quality import KEPT
from analysis.dataset.schema import TABLES, TRANSACTIONS
from analysis.dataset.schema.leads import OPEN_STAGES
from analysis.dataset.schema.names import same_name
from analysis.dataset.user_files import reason_of, remove, sha256
from analysis.engine.duckdb import write_as_one
from analysis.errors import CarteraError
from analysis.language import _
from analysis.stopping import undisturbed
from analysis.temporary import new, passing

_SETTINGS = "dataset.yml"
_LASTING = {"as_of", "language", "activity_window", "rfm", "actions"}
"""Keys of ``dataset.yml`` that hold for the canonical tables as for the raw files."""
_LASTING_OF_SALES = {"policies", "test_codes", "postage_codes", "extra_codes", "returned_amounts"}


def import_data(data: str, folder: Path) -> Intake:
    """Read a source into a folder that can be opened as a data set, and takes the place of an earlier one.

    Parameters
    ----------
    data
        What `find_source` takes.
    folder
        Left with a Parquet file for each table and one of its rows that were not kept, ``account.json``, and
        a ``dataset.yml`` with what was said of the data that holds for the tables too.

    Returns
    -------
    Intake
        The account.

    Raises
    ------
    CarteraError
        If the source cannot be read, or if ``folder`` cannot be written to or holds what no import has left
        there. It is as it was then.
    """
    target = Path(os.path.realpath(folder))
    try:
        _check_ours(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with passing(partial(new, target.parent)) as made:
            fresh = made / "new"
            fresh.mkdir()
            account = _read(data, fresh)
            with undisturbed():
                _put(fresh, target, made / "old")
    except (OSError, duckdb.IOException) as error:
        message = _("Nothing can be written to {folder}: {reason}. Choose another folder.")
        raise CarteraError(message.format(folder=folder, reason=reason_of(error))) from error
    return account


def _check_ours(folder: Path) -> None:
    """Raise an error if a folder holds a file that is not as an import has left it."""
    try:
        digests = json.loads((folder / MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        digests = {}
    for path in sorted(folder.iterdir()) if folder.exists() else []:
        known = digests.get(path.name)
        if path.name != MARKER and (known is None or not path.is_file() or sha256(path) != known):
            message = _(
                "{folder} is not empty, and '{file}' in it is not as an import has left it. Nothing there is "
                "replaced: choose a new or an empty folder."
            )
            raise CarteraError(message.format(folder=folder, file=path.name))


def _read(data: str, folder: Path) -> Intake:
    """Read a source into an empty folder, and leave there what makes a data set of it."""
    source = read_anew(data, folder)
    account = load(folder / "account.json")
    for path in [*folder.iterdir()]:
        if path.stem == CUSTOMER_DAYS or is_part(path):  # made of the tables, when these are read
            remove(path)
        elif path.is_dir():  # Spark leaves parts
            write_as_one(path, folder / "one")
            remove(path)
            (folder / "one").rename(path)
    if not account.sales.columns:  # contracts or surveys stand alone
        (folder / "transactions.parquet").unlink()
    said = {"name": folder_name(source.name), **_lasting(source.config, account)}
    settings = said | _places(folder, source.config, account)
    (folder / _SETTINGS).write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), "utf-8")
    digests = {path.name: sha256(path) for path in folder.iterdir() if path.name != MARKER}
    (folder / MARKER).write_text(json.dumps(digests), "utf-8")
    return account


def _lasting(config: DatasetConfig, account: Intake) -> dict[str, Any]:
    """Return what was said of the data, or found, that the canonical tables do not say themselves."""
    said = config.model_dump(mode="json", exclude_unset=True, include=_LASTING)
    if account.sales.currency:
        said["currency"] = account.sales.currency
    if not {same_name(word) for word in config.stages} & set(OPEN_STAGES):  # the tables have these words
        said |= config.model_dump(exclude_unset=True, include={"stages"})
    return said


def _places(folder: Path, config: DatasetConfig, account: Intake) -> dict[str, Any]:
    """Return where each table is, and of the sales how they are read again as they were."""
    files = {name: f"{name}.parquet" for name in TABLES}
    places: dict[str, Any] = {
        name: {"file": file} for name, file in files.items() if (folder / file).exists()
    }
    if account.sales.columns:
        sales = config.transactions.model_dump(mode="json", exclude_unset=True, include=_LASTING_OF_SALES)
        held = account.sales.columns
        columns = {name: name for name in TRANSACTIONS.canonical if name in held}
        sales["ignore"] = [name for name in (*TRANSACTIONS.canonical, "kind") if name not in held]
        if "cancellation" in set(account.sales.quality.rows["outcome"]):
            columns["status"] = sales["ignore"].pop()
            sales["states"] = dict.fromkeys(KEPT, "sale") | {"cancellation": "cancelled"}
        places["transactions"] |= {"columns": columns, **sales}
    return places


def _put(fresh: Path, folder: Path, old: Path) -> None:
    """Put a folder in its place; what was there goes to ``old``, and comes back if that fails."""
    with suppress(FileNotFoundError):
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
