"""A signal to stop ends the block, also where what its handler raises is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
import weakref

import duckdb
import pytest

from equity_pipeline.errors import WarehouseError, exit_code_of
from equity_pipeline.pipeline.unforeseen import without_values
from equity_pipeline.stopping import (
    AGAIN_SECONDS,
    Stopped,
    code,
    end_if_told,
    stopping_in_good_order,
)

# some seconds: where another thread has the query in hand, the database waits for its end
LONG = "SELECT sum(range * 7) FROM range(400_000_000) WHERE range % 7 = 3"


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_block_with_its_code_and_leaves_nothing(number):
    before = signal.getsignal(number)
    said = []
    with pytest.raises(Stopped) as ended, stopping_in_good_order(lambda: said.append(1)):
        os.kill(os.getpid(), number)
    assert (ended.value.code, said) == (128 + number, [1])
    assert signal.getsignal(number) == before and code() is None
    end_if_told()


def test_a_signal_in_a_query_ends_the_block_and_is_no_fault_of_the_database():
    """The database says "Query interrupted" in place of what the handler raised."""

    @without_values
    def stage():
        threading.Timer(0.1, stop).start()
        duckdb.execute(LONG)

    with pytest.raises(Stopped) as ended, stopping_in_good_order():
        stage()
    assert ended.value.code == 128 + signal.SIGTERM


def test_a_fault_that_a_signal_left_behind_has_the_signals_exit_code():
    with pytest.raises(Stopped), stopping_in_good_order():
        try:
            stop()
        except Stopped:
            assert exit_code_of(WarehouseError("half read")) == 143
            raise WarehouseError("half read") from None
    assert exit_code_of(WarehouseError("half read")) == 12


def test_a_signal_that_something_swallows_is_told_again():
    """As the database does while it plans a query."""
    with pytest.raises(Stopped) as ended, stopping_in_good_order():
        try:
            stop()
        except Stopped:
            swallowed = True
        signal.pause()
    assert swallowed and ended.value.code == 143


def test_what_tidies_up_after_a_signal_is_not_disturbed():
    tidied = []
    with pytest.raises(Stopped), stopping_in_good_order():
        try:
            stop()
        finally:
            time.sleep(3 * AGAIN_SECONDS)
            tidied.append("all")
    assert tidied == ["all"]


def test_an_alarm_of_somebody_else_is_theirs():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda number, _: heard.append(number))
    try:
        with stopping_in_good_order():
            os.kill(os.getpid(), signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert heard == [signal.SIGALRM] and code() is None


def test_a_signal_in_a_callback_that_drops_exceptions_is_told_again(capsys):
    class Thing:
        """Can be referred to weakly."""

    reached = []
    with pytest.raises(Stopped), stopping_in_good_order():
        thing = Thing()
        held = weakref.ref(thing, lambda _: stop())
        del thing
        reached.append(held)
        signal.pause()
    assert reached and "Traceback" not in capsys.readouterr().err


def test_a_block_within_another_or_in_a_thread_is_left_to_the_outer():
    said = []

    def within():
        with stopping_in_good_order():
            said.append("in a thread")

    with pytest.raises(Stopped), stopping_in_good_order(lambda: said.append("outer")):
        thread = threading.Thread(target=within)
        thread.start()
        thread.join()
        with stopping_in_good_order(lambda: said.append("inner")):
            stop()
    assert said == ["in a thread", "outer"]
