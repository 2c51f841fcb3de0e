"""A run that is killed leaves the old report or the new one, whole; the next clears what lies about."""

import os

import pytest

from campaign.kills import Place, kill_once, kills, two_at_once

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send")]
COUNT, SEED = 6, 1


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("kills").resolve())


@pytest.mark.parametrize("turn", range(COUNT))
def test_a_kill_leaves_one_whole_report(place, turn):
    kill = kills(place, COUNT, SEED)[turn]
    _state, faults = kill_once(place, kill)
    assert faults == [], kill


def test_two_runs_at_once_leave_one_whole_report(place):
    assert two_at_once(place) == []
