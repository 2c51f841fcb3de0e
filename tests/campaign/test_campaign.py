"""Hostile files end in an exact account or in a sentence, dressed ones in the right money or a question.

And what says so reads by the rules itself.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from campaign.oracle import records

TESTS = Path(__file__).parents[1]
SEED, CASES, PARTS = 20240229, 500, 10


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each case is read in a forked process")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_fault(part):
    size = CASES // PARTS
    done = _campaign("campaign", "--cases", size, "--first", part * size)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="files are read in forked processes")
def test_no_wrong_total_in_silence_and_few_questions():
    done = _campaign("campaign.dressed", "--cases", 200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert float(re.search(r"asked ([\d.]+)%", done.stdout)[1]) < 15, done.stdout


def _campaign(module, *given):
    command = [sys.executable, "-m", module, "--seed", SEED, "--jobs", 1, *given]
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        list(map(str, command)),
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a,b\n\n"c,\r\n""d""",e\r', [(1, ["a", "b"]), (3, ['c,\n"d"', "e"])]),
        ('a"b,c""d\n', [(1, ['a"b', 'c""d'])]),
        ('"a,b\nc,d\ne,f', [(1, None), (2, ["c", "d"]), (3, ["e", "f"])]),
        ('"a"b,c\nd,e\n', [(1, None), (2, ["d", "e"])]),
        ('"a\nb"c,d\ne,f\n', [(1, None), (2, ['b"c', "d"]), (3, ["e", "f"])]),
        ('"a\nb","c\nd\n', [(1, None), (2, None), (3, ["d"])]),
        ('"a"\n""\n",\n', [(1, ["a"]), (2, [""]), (3, None)]),
    ],
)
def test_records_of_the_oracle(text, found):
    read = [(line, cells) for line, cells, _raw in records(text, ",")]
    assert read == found


@pytest.mark.parametrize(("lines", "torn"), [(900, False), (1100, True)])
def test_a_quote_open_for_more_than_a_thousand_lines_was_never_meant(lines, torn):
    read = list(records('"a' + "\n" * lines + '",b\nc,d\n', ","))
    assert read[0][1] is None if torn else len(read) == 2
    assert read[-1][:2] == (lines + 2, ["c", "d"])
