"""A new report takes the place of the old one whole; what is not ours is neither replaced nor lost."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import CarteraError, stopping, temporary
from analysis.report import publishing, record
from analysis.report.atomic_write import write_text

ABOUT = {key: {} for key in ("data", "parameters", "versions", "rows")} | {
    "language": "en",
    "notebooks": [],
    "started": "2024-01-01",
    "seconds": 1.0,
    "links": [],
    "assumptions": [],
    "warnings": [],
}
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def publish(out, files, spoil=lambda made: None):
    """Publish a report of these files (name → text), as a run does."""
    folder = publishing.usable(out)
    with publishing.staging(folder) as made:
        for name, text in files.items():
            write_text(made / "new" / name, text)
        spoil(made)
        return publishing.publish(made, folder, ABOUT)


def held(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


OLD = {"index.html": "old", "tables/a/x.csv": "old", "figures/a/x.png": "old"}
NEW = {"index.html": "new", "tables/a/x.csv": "new", "notebooks/a.ipynb": "new"}


def pages(folder):
    return {name: text for name, text in held(folder).items() if name != "run.json"}


@pytest.fixture
def out(tmp_path):
    publish(tmp_path / "out", OLD)
    return tmp_path / "out"


@pytest.fixture(params=["renamed", "file by file"])
def way(request, monkeypatch, out):
    """Both ways to put a report into its place."""
    if request.param == "file by file":
        rename = Path.rename

        def refuse(path, target):
            if path == out:
                raise OSError(errno.EBUSY, "Device or resource busy")
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", refuse)
    return request.param


def test_the_new_report_takes_the_place_of_the_old(out, way):
    said = publish(out, NEW)
    assert pages(out) == NEW
    assert json.loads((out / "run.json").read_text())["files"] == sorted(NEW)
    assert names(out.parent) == ["out"]
    assert [f"{out} could not be renamed" in sentence for sentence in said] == [True] * (way != "renamed")


def test_files_of_the_reader_are_carried_over(out, way):
    (out / "notes.txt").write_text("mine")
    (out / "tables" / "a" / "mine.xlsx").write_text("mine")
    (out / "figures" / "link").symlink_to(out.parent)
    publish(out, NEW)
    assert pages(out) == NEW | {"notes.txt": "mine", "tables/a/mine.xlsx": "mine"}
    assert (out / "figures" / "link").is_symlink()


@pytest.mark.parametrize("name", ["notebooks", "notebooks/a.ipynb", "notebooks/a.ipynb/mine.txt"])
def test_a_file_of_the_reader_in_the_way_is_kept_elsewhere_and_that_is_said(out, way, name):
    write_text(out / name, "mine")
    said = publish(out, NEW)
    assert pages(out) == NEW | {f"kept-1/{name}": "mine"}
    assert f"yours is now {out / 'kept-1' / name}" in said[-1]


def test_a_link_of_the_reader_in_the_way_is_kept_elsewhere(out, way):
    (out / "notebooks").symlink_to("nowhere")
    publish(out, NEW)
    assert pages(out) == NEW
    assert (out / "kept-1" / "notebooks").is_symlink()


def test_a_link_inside_a_report_leads_nowhere(out, way, tmp_path):
    (tmp_path / "else" / "a").mkdir(parents=True)
    (tmp_path / "else" / "a" / "x.csv").write_text("mine")
    (tmp_path / "else" / "x.png").write_text("mine")
    for name in ("tables", "figures/a"):
        (out / name).rename(tmp_path / name.replace("/", "-"))
        (out / name).symlink_to(tmp_path / "else")
    publish(out, NEW)
    assert held(tmp_path / "else") == {"a/x.csv": "mine", "x.png": "mine"}
    assert (out / "tables" / "a" / "x.csv").read_text() == "new"
    assert not (out / "tables").is_symlink()
    assert (out / "kept-1" / "tables").is_symlink()


@pytest.mark.parametrize("name", ["index.html", "run.json", "findings.json", ".git"])
def test_a_folder_of_somebody_else_is_refused(tmp_path, name):
    (tmp_path / name).write_text("{}")
    with pytest.raises(CarteraError, match=rf"no report of Cartera.*'{name}'.*--out"):
        publishing.usable(tmp_path)
    assert held(tmp_path) == {name: "{}"}


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({}, True),
        ({"version": 2}, False),
        ({"format": "else"}, False),
        ({"format": None, "version": None}, True),
        ({"format": None, "version": None, "rows": None}, False),
        ({"format": None, "version": None, "files": ["index.html", "gone.html"]}, False),
        ({"format": None, "version": None, "files": ["index.html", "../sales.csv"]}, False),
        ({"format": None, "version": None, "files": []}, False),
    ],
)
def test_a_report_is_known_by_its_mark_or_by_all_that_it_lists(out, change, known):
    about = json.loads((out / "run.json").read_text()) | change
    about = {key: value for key, value in about.items() if value is not None}
    (out / "run.json").write_text(json.dumps(about))
    assert record.is_report(out) == known


def test_a_link_to_the_record_of_another_report_makes_no_report(out, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").symlink_to(out / "run.json")
    with pytest.raises(CarteraError, match="no report of Cartera"):
        publishing.usable(tmp_path / "mine")


def test_a_link_to_the_folder_stays_one(out, tmp_path):
    (tmp_path / "link").symlink_to("out")
    publish(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert pages(out) == NEW


def test_the_folder_one_stands_in_stays_the_same(out, monkeypatch):
    monkeypatch.chdir(out)
    (out / "notes.txt").write_text("mine")
    publish(Path(), NEW)
    assert pages(Path()) == NEW | {"notes.txt": "mine"}
    assert names(out.parent) == ["out"]


def test_a_run_that_another_overtakes_puts_its_report_there_too(out):
    publish(out, NEW, spoil=lambda _made: publish(out, OLD | {"03.html": "other"}))
    assert pages(out) == NEW
    assert names(out.parent) == ["out"]


def test_a_run_that_another_overtakes_within_a_moment_does_so_again(out, monkeypatch):
    (out / "notes.txt").write_text("mine")
    rename = Path.rename

    def overtake(path, target):
        moved = rename(path, target)
        if path == out:
            monkeypatch.setattr(Path, "rename", rename)
            publish(out, OLD)
        return moved

    monkeypatch.setattr(Path, "rename", overtake)
    publish(out, NEW)
    assert pages(out) == NEW | {"notes.txt": "mine"}
    assert names(out.parent) == ["out"]


def test_two_runs_that_write_into_the_folder_itself_do_not_mix(out, monkeypatch):
    monkeypatch.chdir(out)
    with pytest.raises(CarteraError, match="Another run writes into"):
        publish(out, NEW, spoil=lambda _made: publish(out, NEW))
    assert pages(out) == OLD


@pytest.mark.parametrize("moment", ["old away", "new there"])
def test_the_next_run_finishes_what_a_killed_one_began(out, moment):
    (out / "notes.txt").write_text("mine")
    dead = subprocess.run(
        [sys.executable, "-c", "from analysis.temporary import prefix; print(prefix())"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    left = out.parent / f"{dead}abc"
    publish(out.parent / "made" / "new", NEW)
    (out.parent / "made" / "old" / "0").mkdir(parents=True)
    out.rename(out.parent / "made" / "old" / "0" / "out")
    if moment == "new there":
        (out.parent / "made" / "new").rename(out)
    (out.parent / "made").rename(left)
    publishing.usable(out)
    assert pages(out) == (OLD if moment == "old away" else NEW) | {"notes.txt": "mine"}
    assert names(out.parent) == ["out"]


def test_temporary_folders_of_the_living_and_of_other_machines_stay(tmp_path):
    head, _host, process, _started, rest = f"{temporary.prefix()}abc".split("-")
    for name in (f"{temporary.prefix()}abc", f"{head}-0000-{process}-1000000000-{rest}", ".cartera-mine"):
        (tmp_path / name).mkdir()
    temporary.clear(tmp_path)
    assert len(names(tmp_path)) == 3


def test_a_process_with_the_number_of_a_dead_one_is_another(tmp_path):
    head, host, process, _started, rest = f"{temporary.prefix()}abc".split("-")
    (tmp_path / "-".join([head, host, process, "1000000000", rest])).mkdir()
    temporary.clear(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["circle", "long", "nul", "file", "below a file"])
def test_a_place_for_no_folder_is_one_sentence(tmp_path, kind):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "file").write_text("mine")
    called = {"long": "x" * 300, "nul": "a\0b", "below a file": "file/below"}
    with pytest.raises(
        CarteraError, match=r"Nothing can be written to .*: [^\[]+\. Choose another folder with"
    ):
        publishing.usable(tmp_path / called.get(kind, kind))
    assert names(tmp_path) == ["circle", "file"]


def test_a_full_disk_is_one_sentence_and_harms_nothing(out, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CarteraError, match=f"There is no room left for the report in {out}"):
        publish(out, NEW, spoil=lambda _made: monkeypatch.setattr(Path, "replace", full))
    assert pages(out) == OLD
    assert names(out.parent) == ["out"]


@pytest.mark.skipif(not ROOT or sys.platform != "linux", reason="only root may mount a disk")
def test_a_disk_that_is_full(tmp_path):
    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path / "disk"]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        publish(tmp_path / "disk", OLD)
        publish(tmp_path / "disk" / "below", OLD)
        for out in (tmp_path / "disk", tmp_path / "disk" / "below"):
            with pytest.raises(CarteraError, match="There is no room left for the report in"):
                publish(out, NEW | {"large.html": "x" * 2_000_000})
            assert pages(tmp_path / "disk" / "below") == OLD
        assert names(tmp_path / "disk") == ["below", "figures", "index.html", "run.json", "tables"]
    finally:
        subprocess.run(["umount", tmp_path / "disk"], check=True)


def test_ctrl_c_waits_until_the_report_is_in_its_place(out):
    with pytest.raises(KeyboardInterrupt), stopping.undisturbed():
        signal.raise_signal(signal.SIGINT)
        publish(out, NEW)
    assert pages(out) == NEW
