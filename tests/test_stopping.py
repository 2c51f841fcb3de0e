"""Ctrl-C and SIGTERM are heard from the first moment on, and none is lost."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from analysis import temporary
from analysis.stopping import stoppable, undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_is_an_interrupt_and_what_was_before_returns(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), stoppable():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_an_interrupt_that_a_library_makes_another_error_of_is_one():
    with pytest.raises(KeyboardInterrupt), stoppable():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None


def test_an_interrupt_that_is_lost_where_none_can_be_raised_comes_again():
    class Lost:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), stoppable():
        Lost()
        for _ in range(1000):
            time.sleep(0.01)


def test_an_interrupt_waits_until_what_must_not_be_disturbed_is_done():
    done = []
    with pytest.raises(KeyboardInterrupt), stoppable(), undisturbed():
        signal.raise_signal(signal.SIGTERM)
        done.append(True)
    assert done


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("module", ["typer", "analysis.language"])
def test_ctrl_c_while_the_command_is_being_imported_ends_it_quietly(module):
    code = f"""
import signal, sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == "{module}":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from analysis.start import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_a_folder_that_is_just_being_made_goes_too(tmp_path):
    def make():
        folder = temporary.new(tmp_path)
        signal.raise_signal(signal.SIGINT)
        return folder

    with pytest.raises(KeyboardInterrupt), stoppable(), temporary.passing(make):
        pass
    assert not list(tmp_path.iterdir())


def test_where_there_is_no_main_thread_to_hear_signals_all_goes_on():
    with ThreadPoolExecutor() as pool:
        assert pool.submit(lambda: undisturbed().__enter__()).result() is None
