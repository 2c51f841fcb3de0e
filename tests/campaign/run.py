"""Make a case, read it in a process that may crash, hang or swell, and compare what came of it."""

from __future__ import annotations

import os
import pickle
import re
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis import open_dataset
from analysis.errors import CarteraError
from campaign import cells, damage, databases, folders, large, names, parquet, settings, structure, workbooks
from campaign.oracle import KEPT, Expected
from campaign.sales import Case

FAMILIES: dict[str, tuple[int, Callable[[Random, Path], Case]]] = {
    "bytes": (16, damage.make),
    "cells": (18, cells.make),
    "structure": (20, structure.make),
    "names": (9, names.make),
    "workbooks": (10, workbooks.make),
    "Parquet": (8, parquet.make),
    "SQLite": (6, databases.make),
    "YAML": (7, settings.make),
    "folders": (5, folders.make),
    "large": (1, large.make),
}
"""Share of each family in percent, and what makes a case of it."""
_SLOTS = [name for name, (share, _make) in FAMILIES.items() for _n in range(share)]
SECONDS, MEGABYTES = 20, 2000
"""What reading a file below 50 MB may take."""
_KILLED_AFTER, _PROCESSOR, _ADDRESSES = 120, 60, 12 << 30
_PYTHON = re.compile(r"Traceback|\b[A-Z]\w+(?:Error|Exception)\b|\[Errno|<class|^LINE \d", re.MULTILINE)


@dataclass
class Outcome:
    """What came of a case: an ``account``, a ``sentence`` or a ``traceback``."""

    kind: str
    text: str = ""
    rows: int = 0
    kept: int = 0
    money: Decimal = Decimal(0)
    fates: Counter[str] = field(default_factory=Counter)
    aside: list[tuple[str, int, str, str]] = field(default_factory=list)
    seconds: float = 0.0
    processor: float = 0.0


@dataclass(frozen=True)
class Result:
    """What a case showed: ``faults`` is empty where all is well."""

    number: int
    family: str
    what: str
    outcome: str
    faults: list[str]
    seconds: float
    megabytes: float


def family_of(number: int) -> str:
    """Return the family of a case; any hundred cases in a row hold each family's share."""
    return _SLOTS[number * 37 % 100]


def run_case(seed: int, number: int, keep: Path | None = None) -> Result:
    """Make, read and judge one case; its files stay in ``keep`` where that is given."""
    family = family_of(number)
    work = Path(tempfile.mkdtemp(prefix="campaign-"))
    files = keep or work / "files"
    files.mkdir(parents=True, exist_ok=True)
    try:
        make = FAMILIES[family][1]
        case, failed, _size = _apart(lambda: make(Random(f"{seed}/{number}"), files), work)
        if case is None:
            return Result(number, family, "", "not made", [f"the campaign itself: {failed}"], 0, 0)
        outcome, failed, megabytes = _apart(lambda: _read(case.data, files, work / "cache"), work)
        outcome = outcome or Outcome(failed)
        faults = _judged(case.expected, outcome)
        if min(outcome.seconds, outcome.processor) > SECONDS:
            faults.append(f"slow: {outcome.seconds:.0f} s")
        if megabytes > MEGABYTES:
            faults.append(f"memory: {megabytes:.0f} MB")
        if keep:
            print(f"{case}\n\n{outcome}\n")
        return Result(number, family, case.what, outcome.kind, faults, outcome.seconds, megabytes)
    finally:
        shutil.rmtree(work)


def _apart(task: Callable[[], Any], work: Path) -> tuple[Any, str, float]:
    """Return what a task gives in a process of its own, how it ended otherwise, and its peak memory in MB."""
    pid = os.fork()
    if not pid:
        _child(task, work)
    until = time.monotonic() + _KILLED_AFTER
    ended = (0, 0, None)
    while not ended[0]:
        ended = os.wait4(pid, os.WNOHANG)
        if not ended[0]:
            time.sleep(0.005)
            if time.monotonic() > until:
                os.killpg(pid, signal.SIGKILL)
                os.wait4(pid, 0)
                return None, f"hang: killed after {_KILLED_AFTER} s", 0.0
    megabytes = ended[2].ru_maxrss / 1024
    if ended[1]:
        said = (work / "said").read_text("utf-8", errors="replace")[:500]
        return None, f"crash: {os.waitstatus_to_exitcode(ended[1])} {said}", megabytes
    return pickle.loads((work / "result").read_bytes()), "", megabytes


def _child(task: Callable[[], Any], work: Path) -> None:
    """Do the task and end the process."""
    code = 1
    try:
        os.setpgid(0, 0)
        said = os.open(work / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR, _PROCESSOR))
        (work / "result").write_bytes(pickle.dumps(task()))
        code = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _read(data: str, files: Path, cache: Path) -> Outcome:
    """Read a case with the code under test, and take down what it gives."""
    os.environ["CARTERA_CACHE"] = str(cache)
    os.chdir(files)
    began, used = time.monotonic(), time.process_time()
    outcome = Outcome("account")
    try:
        dataset = open_dataset(data)
    except CarteraError as error:
        outcome = Outcome("sentence", str(error))
    except BaseException as error:
        outcome = Outcome("traceback", f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    outcome.seconds, outcome.processor = time.monotonic() - began, time.process_time() - used
    if outcome.kind != "account":
        return outcome
    kept = pq.read_table(dataset.folder / "transactions.parquet", columns=["amount"])
    outcome.kept, outcome.money = len(kept), pc.sum(kept["amount"]).as_py() or Decimal(0)
    for row in dataset.quality.rows.itertuples():
        outcome.fates[f"{row.outcome}:{row.rule}".rstrip(":")] += int(row.rows)
    outcome.rows = outcome.fates.total()
    aside = pq.read_table(dataset.folder / "set_aside_transactions.parquet").to_pylist()
    outcome.aside = [
        (row["file"], row["line"], f"{row['outcome']}:{row['rule']}", row["raw"]) for row in aside
    ]
    return outcome


def _judged(expected: Expected, outcome: Outcome) -> list[str]:
    """Return what is wrong with an outcome, one fault a line, each beginning with its kind."""
    if outcome.kind == "sentence":
        return _of_sentence(expected, outcome.text)
    if outcome.kind != "account":
        return [f"{outcome.kind}: {outcome.text.partition(chr(10))[0]}"]
    if expected.outcome == "sentence":
        return [f"read: {outcome.rows} rows of what must be refused"]
    return _of_account(expected, outcome)


def _of_sentence(expected: Expected, text: str) -> list[str]:
    faults = []
    if expected.outcome == "account":
        faults.append(f"refused: {text}")
    if "\n" in text and "dataset.yml" not in text.splitlines()[-1]:  # several questions: a line each, and how
        faults.append(f"lines: {text}")
    if _PYTHON.search(text):
        faults.append(f"words of Python: {text}")
    if not any(name in text for name in expected.names):
        faults.append(f"names no file: {text}")
    return faults


def _of_account(expected: Expected, outcome: Outcome) -> list[str]:
    faults = []
    records = expected.fates.total() + len(expected.unknown)
    if outcome.kept + len(outcome.aside) != outcome.rows:
        faults.append(f"no sum: {outcome.kept} kept, {len(outcome.aside)} aside, {outcome.rows} rows")
    if not expected.counted:
        return faults
    if outcome.rows != records:
        faults.append(f"rows: {outcome.rows} of {records}")
    several = any(place[0] for place in [*expected.aside, *expected.unknown])
    found = {(file if several else "", line): (fate, raw) for file, line, fate, raw in outcome.aside}
    known = {(file, line): (fate, raw) for file, line, fate, raw in expected.aside}
    missing = [place for place in known if place not in found]
    beside = found.keys() - known.keys() - set(expected.unknown)
    if missing or beside or len(found) != len(outcome.aside):
        faults.append(f"lines: {missing[:3]} not set aside, {sorted(beside)[:3]} set aside")
    faults += _of_rows([(place, found[place], known[place]) for place in known if place in found])
    if not expected.unknown:
        if outcome.money != expected.money:
            faults.append(f"money: {outcome.money} for {expected.money}")
        faults += [
            f"kept: {outcome.fates[fate]} for {expected.fates[fate]} of fate {fate}"
            for fate in sorted(KEPT)
            if outcome.fates[fate] != expected.fates[fate]
        ]
    return faults


def _of_rows(rows: list[tuple[tuple[str, int], tuple[str, str], tuple[str, str | None]]]) -> list[str]:
    """Return the first row set aside for another reason, and the first whose text is not kept."""
    fates = [
        f"fate: {fate} for {wanted}, {place}"
        for place, (fate, _raw), (wanted, _text) in rows
        if not fate.startswith(wanted)
    ]
    texts = [
        f"raw text: {_ends(raw)} for {_ends(wanted)}, {place}"
        for place, (_fate, raw), (_wanted, wanted) in rows
        if wanted is not None and _plain(raw) != wanted
    ]
    return fates[:1] + texts[:1]


def _ends(text: str) -> str:
    return repr(text if len(text) < 200 else f"{text[:100]} … {text[-100:]}")


def _plain(raw: str) -> str:
    return raw.replace("\r\n", "\n").replace("\r", "\n")
