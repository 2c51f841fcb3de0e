"""Kill runs of tiny notebooks at moments spread over their phases, and look at what they leave.

``python -m campaign.kills --count 50 --seed 7``: each kill is one signal at one moment. Before it, the folder
holds an older report and a file of the reader; the cache is empty. Afterwards, and after a run that nobody
kills, must hold what `after_kill` and `after_next` say.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

import tiny_notebooks

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
PHASES = ("start", "reading", "kernels", "pages", "publishing")
SALES = "customer,date,amount\n" + "".join(
    f"c{i % 37},2024-{1 + i % 6:02}-{1 + i % 28:02},{i % 90 + 0.5}\n" for i in range(400)
)
OLD, NEW = "2024-03-31", "2024-05-31"
"""Last day of the older report, and of that which is killed while it is made."""
ENDS = {(130, ""), (130, "Stopped.\n")}
SECONDS = 120

WATCH = """\
import os, sys, threading, time
phase, turn, seconds, number, seen = os.environ["CAMPAIGN_KILL"].split(",")
counts, now = dict.fromkeys({phases}, 0), "start"
BEGINS = {{
    "os.mkdir": [("reading", ".cartera-"), ("kernels", "/results"), ("pages", "/new/notebooks")],
    "os.rename": [("publishing", "/new/run.json")],
}}

def kill():
    os.kill(os.getpid(), int(number))

def watch(event, args):
    global now
    if event == "open" and not (isinstance(args[1], str) and set(args[1]) & set("wxa")):
        return
    if event not in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "subprocess.Popen"):
        return
    order = list(counts)
    for begins, part in BEGINS.get(event, ()):
        if part in str(args) and order.index(begins) > order.index(now):
            now = begins
            if now == phase and float(seconds):
                threading.Timer(float(seconds), kill).start()
    counts[now] += 1
    if now == phase and counts[now] == int(turn):
        kill()
    if seen:
        with open(os.open(seen, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "r+b", 0) as file:
            file.write(repr(counts).encode())

if phase == "start":
    timer = threading.Timer(float(seconds), kill)
    timer.daemon = True
    timer.start()
sys.addaudithook(watch)
"""
"""What a killed process does once it hears Ctrl-C: it counts changes of files, and so knows its phase."""


@dataclass(frozen=True)
class Kill:
    """A signal, and when: at the ``turn``-th change of a file in a phase, or ``seconds`` into it."""

    number: signal.Signals
    phase: str
    turn: int = 0
    seconds: float = 0.0


class Place:
    """A folder with sales, notebooks, an older report, and all that a run writes elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = folder / "reports" / "mine"
        self._kept = folder / "older"
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has it ignored in the background
        for name in ("cache", "temp", "home", "reports"):
            (folder / name).mkdir()
        (folder / "sales.csv").write_text(SALES, "utf-8")
        tiny_notebooks.write(folder / "notebooks", "01_portfolio", tiny_notebooks.GOOD)
        tiny_notebooks.write(folder / "notebooks", "02_segmentation", ["## Two", ">results.note('Two.')"])
        assert self.run(OLD).returncode == 0
        self.older = fingerprint(self.report)
        (self.report / "notes.txt").write_text("mine")
        self.report.rename(self._kept)
        done = self.run(NEW, "kernels,0,0,15,seen")
        assert done.returncode == 0, done.stderr
        self.newer = fingerprint(self.report)
        self.turns = dict(eval((folder / "seen").read_text()))
        assert all(self.turns.values()), self.turns

    def run(self, as_of: str, watch: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``cartera`` and wait for its end."""
        process = self.start(as_of, watch)
        out, err = process.communicate(timeout=SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(self, as_of: str, watch: str = "") -> subprocess.Popen[str]:
        """Start ``cartera``."""
        arguments = ("run", "sales.csv", "--out", "reports/mine", "--as-of", as_of)
        command = tiny_notebooks.command(self.folder / "notebooks", *arguments)
        if watch:
            listening, rest = command[2].split("; import pathlib", 1)
            lines = [*listening.split("; "), WATCH.format(phases=PHASES), f"import pathlib{rest}"]
            command[2] = "\n".join(lines)
        home = {key: str(self.folder / "home") for key in ("HOME", "USERPROFILE", "JUPYTER_RUNTIME_DIR")}
        own = {"CARTERA_CACHE": str(self.folder / "cache"), "TMPDIR": str(self.folder / "temp")}
        environment = os.environ | home | own | {"CAMPAIGN_KILL": watch, "LANG": "C.UTF-8"}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=pipe, stderr=pipe, text=True
        )

    def restore(self) -> None:
        """Put the older report back, with a file of the reader in it, and empty the cache."""
        for folder in (self.report, self.folder / "cache"):
            shutil.rmtree(folder, ignore_errors=True)
        (self.folder / "cache").mkdir()
        shutil.copytree(self._kept, self.report)

    def kernels(self) -> list[str]:
        """Return the names of kernels, and of what becomes kernels, still there some seconds later."""
        until = time.monotonic() + 20
        while True:
            alive = [str(process) for process in psutil.process_iter() if self._is_kernel(process)]
            if not alive or time.monotonic() > until:
                return alive
            time.sleep(0.2)

    def _is_kernel(self, process: psutil.Process) -> bool:
        try:
            line, environment = " ".join(process.cmdline()), process.environ()
        except psutil.Error:
            return False
        is_python = "ipykernel_launcher" in line or "kernel_server" in line
        return is_python and environment.get("CARTERA_CACHE") == str(self.folder / "cache")

    def litter(self) -> list[str]:
        """Return what no run should leave in temporary folders, the cache and beside the report."""
        held = [path for name in ("temp", "reports", "cache") for path in (self.folder / name).iterdir()]
        held += (self.folder / "home").rglob("kernel-*.json")
        kept = [path for path in held if path.parent.name == "cache" and not path.name.startswith(".")]
        return [str(path) for path in held if path not in {self.report, *kept}]


def fingerprint(report: Path) -> dict[str, str]:
    """Return a digest of each file of a report, apart from what tells when it was made and how long it took.

    These are ``started`` and ``seconds`` in ``run.json``, and papermill's notes in the notebooks.
    """
    prints = {}
    for path in report.rglob("*"):
        if path.is_file() and path.name != "notes.txt":
            content = path.read_bytes()
            if path.name == "run.json":
                content = re.sub(rb'"(started|seconds)": [^\n]*', b"", content)
            if path.suffix == ".ipynb":
                content = json.dumps(_without_times(json.loads(content))).encode()
            prints[path.relative_to(report).as_posix()] = hashlib.sha256(content).hexdigest()
    return prints


def _without_times(value: object) -> object:
    if isinstance(value, dict):
        times = {"start_time", "end_time", "duration", "execution"}
        return {key: _without_times(held) for key, held in value.items() if key not in times}
    return [_without_times(held) for held in value] if isinstance(value, list) else value


def after_kill(place: Place, kill: Kill, code: int, err: str) -> list[str]:
    """Return what is wrong after a kill: kernels that live, neither report whole, things lying about.

    After SIGKILL alone, the old report may be beside its place, and things may lie about: for the next run.
    """
    faults = [f"lives: {line}" for line in place.kernels()]
    if "Traceback" in err:
        faults.append(f"said: {err}")
    if kill.phase != "publishing":
        faults += [] if code else ["not heard"]
    if kill.number != signal.SIGKILL:
        faults += [] if code == 0 or (code, err[-9:]) in ENDS else [f"exit status {code}: {err}"]
        faults += [f"left: {path}" for path in place.litter()]
    beside = [*place.report.parent.glob(".cartera-*/old/*/mine")]
    if not place.report.exists() and kill.number == signal.SIGKILL and beside:
        return faults if fingerprint(beside[0]) == place.older else [*faults, "the old report was harmed"]
    faults += [] if fingerprint(place.report) in (place.older, place.newer) else ["neither old nor new"]
    notes = [folder / "notes.txt" for folder in (place.report, *beside)]
    return faults if any(path.exists() for path in notes) else [*faults, "a file of the reader is lost"]


def after_next(place: Place) -> list[str]:
    """Return what is wrong after the next run: its report is that of a run never killed, and all is clean."""
    done = place.run(NEW)
    faults = [] if (done.returncode, "Traceback" in done.stderr) == (0, False) else [f"next: {done.stderr}"]
    if (found := fingerprint(place.report)) != place.newer:
        names = sorted(
            name for name in found.keys() | place.newer if found.get(name) != place.newer.get(name)
        )
        faults.append(f"next: other bytes in {names}")
    faults += [] if (place.report / "notes.txt").exists() else ["next: a file of the reader is lost"]
    return faults + [f"next: left: {path}" for path in place.litter()]


def kill_once(place: Place, kill: Kill) -> tuple[str, list[str]]:
    """Kill one run; return what became of it (``old``, ``new``, ``beside``), and what is wrong then."""
    place.restore()
    watch = f"{kill.phase},{kill.turn},{kill.seconds},{kill.number.value},"
    done = place.run(NEW, watch)
    faults = after_kill(place, kill, done.returncode, done.stderr)
    state = "beside" if not place.report.exists() else "old"
    state = "new" if fingerprint(place.report) == place.newer else state
    return state, [*faults, *after_next(place)]


def kills(place: Place, count: int, seed: int) -> list[Kill]:
    """Return ``count`` kills: signals and phases in turn, moments by chance."""
    chance = random.Random(seed)
    made = []
    for i in range(count):
        phase, number = PHASES[i % len(PHASES)], SIGNALS[i % len(SIGNALS)]
        timed = phase == "start" or (phase == "kernels" and chance.random() < 0.7)
        if timed:
            made.append(Kill(number, phase, seconds=round(chance.uniform(0.01, 2), 3)))
        else:
            last = chance.choice(
                [8, place.turns[phase]]
            )  # the new report comes to its place in the first ones
            made.append(Kill(number, phase, turn=chance.randint(1, last)))
    return made


def two_at_once(place: Place) -> list[str]:
    """Start two runs into one folder and one cache; return what is wrong.

    One ends well, the other well or with a sentence, and the report is whole.
    """
    place.restore()
    processes = [place.start(NEW) for _ in range(2)]
    faults = []
    for process in processes:
        _out, err = process.communicate(timeout=SECONDS)
        if process.returncode and (err.count("\n") != 1 or "Traceback" in err):
            faults.append(f"said: {err}")
    faults += [] if any(process.returncode == 0 for process in processes) else ["both failed"]
    faults += [] if fingerprint(place.report) == place.newer else ["not one whole report"]
    faults += [] if (place.report / "notes.txt").exists() else ["a file of the reader is lost"]
    return faults + [f"left: {path}" for path in place.litter()]


def main() -> int:
    """Kill as often as asked for, print what became of it, and return 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="campaign.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", default="1", help="a number, or 'fresh'")
    given = parser.parse_args()
    seed = secrets.randbits(32) if given.seed == "fresh" else int(given.seed)
    wrong, states = 0, Counter()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder).resolve())
        print(f"seed {seed}, {given.count} kills; changes of files by phase: {place.turns}", flush=True)
        for i, kill in enumerate(kills(place, given.count, seed)):
            state, faults = kill_once(place, kill)
            states[kill.number.name, kill.phase, state] += 1
            wrong += bool(faults)
            print(
                i, kill.number.name, kill.phase, kill.turn or f"{kill.seconds} s", state, *faults, flush=True
            )
        faults = two_at_once(place)
        print("two at once:", *faults or ["well"])
    for (number, phase, state), times in sorted(states.items()):
        print(f"{times:4} {number} in {phase}: {state}")
    print(f"{wrong} of {given.count} kills left something wrong")
    return bool(wrong or faults)


if __name__ == "__main__":
    sys.exit(main())
