"""The polite client against a real local server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from equity_pipeline.errors import ConfigurationError, SourceError, exit_code_of
from equity_pipeline.settings import HttpSettings
from equity_pipeline.sources.asking.client import PoliteClient, Question, Unreachable
from equity_pipeline.sources.asking.pace import Limits, Pace
from tests.replay import ReplayServer, broken, hung_up, slow, too_many, web_page

CONFIG = "/api/v2/config"


class Slept(list[float]):
    """Waits that a client asked for, none of them waited out."""

    def total(self) -> float:
        return sum(self)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def client(slept: Slept) -> Iterator[PoliteClient]:
    http = HttpSettings(timeout_seconds=0.3, attempts=4, longest_wait_seconds=20)
    with PoliteClient(http, sleep=slept.append) as made:
        made.allow("http://127.0.0.1", Limits(1000, 1.0))
        yield made


def ask(client: PoliteClient, server: ReplayServer, path: str = CONFIG) -> bytes:
    return client.ask(Question("GET", server.url + path))


def test_an_answer_comes_back_byte_for_byte(client: PoliteClient, replay: ReplayServer) -> None:
    assert ask(client, replay).startswith(b'{"apiVersion": "2.2.0"')


def test_retry_after_in_seconds_is_waited_out(
    client: PoliteClient, replay: ReplayServer, slept: Slept
) -> None:
    replay.fail(too_many("7"))
    ask(client, replay)
    assert slept == [7.0]
    assert len(replay.requests) == 2


def test_retry_after_as_a_date_is_waited_out(
    client: PoliteClient, replay: ReplayServer, slept: Slept
) -> None:
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 10))
    replay.fail(too_many(later))
    ask(client, replay)
    assert 5 < slept.total() <= 10


def test_retry_after_is_capped_by_the_settings(
    client: PoliteClient, replay: ReplayServer, slept: Slept
) -> None:
    replay.fail(too_many("86400"))
    ask(client, replay)
    assert slept == [20.0]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_fault_is_asked_again_with_a_bounded_wait(
    client: PoliteClient, replay: ReplayServer, slept: Slept, status: int
) -> None:
    replay.fail(broken(status, times=3))
    ask(client, replay)
    assert len(replay.requests) == 4
    assert len(slept) == 3
    assert all(0 <= wait <= 20 for wait in slept)


def test_waits_differ_so_that_callers_do_not_march_in_step(replay: ReplayServer) -> None:
    waits: list[float] = []
    replay.fail(broken(times=8))
    http = HttpSettings(attempts=9, longest_wait_seconds=20)
    with PoliteClient(http, sleep=waits.append) as client:
        client.allow(replay.url, Limits(1000, 1.0))
        ask(client, replay)
    assert len(set(waits)) == 8


def test_a_closed_connection_is_asked_again(client: PoliteClient, replay: ReplayServer) -> None:
    replay.fail(hung_up(times=2))
    ask(client, replay)
    assert len(replay.requests) == 3


def test_the_timeout_of_the_settings_is_really_kept(
    client: PoliteClient, replay: ReplayServer
) -> None:
    replay.fail(slow(1.5))
    began = time.monotonic()
    ask(client, replay)
    assert time.monotonic() - began < 1.4
    assert len(replay.requests) == 2


def test_a_source_that_stays_down_ends_in_exit_11_and_says_how_often_it_was_asked(
    client: PoliteClient, replay: ReplayServer
) -> None:
    replay.fail(broken(times=4))
    with pytest.raises(Unreachable, match="no answer in 4 attempts: HTTP 503") as stop:
        ask(client, replay)
    assert exit_code_of(stop.value) == 11
    assert CONFIG in stop.value.where
    assert "sources.http.proxy" in stop.value.mend


def test_a_host_that_was_given_up_is_not_asked_again(
    client: PoliteClient, replay: ReplayServer
) -> None:
    replay.fail(broken(times=4))
    for _ in range(3):
        with pytest.raises(Unreachable):
            ask(client, replay)
    assert len(replay.requests) == 4


def test_a_web_page_with_status_200_is_no_answer(
    client: PoliteClient, replay: ReplayServer
) -> None:
    replay.fail(web_page())
    with pytest.raises(SourceError, match="a web page instead of data"):
        ask(client, replay)


def test_a_refusal_is_told_in_the_servers_own_words_and_not_asked_again(
    client: PoliteClient, replay: ReplayServer
) -> None:
    with pytest.raises(SourceError, match="HTTP 404, Non-existent table") as stop:
        ask(client, replay, "/api/v2/tables/TAB1/metadata")
    assert not isinstance(stop.value, Unreachable)
    assert len(replay.requests) == 1


def test_the_caller_names_the_project_and_nothing_of_its_machine(
    client: PoliteClient, replay: ReplayServer
) -> None:
    ask(client, replay)
    agent = replay.requests[0][3]["User-Agent"]
    assert agent.startswith("equity-pipeline")
    assert socket.gethostname() not in agent


def test_a_proxy_of_the_settings_is_really_used(replay: ReplayServer) -> None:
    http = HttpSettings(attempts=1, proxy=replay.url)
    with PoliteClient(http) as client, pytest.raises(SourceError, match="404"):
        client.ask(Question("GET", "http://a-source.invalid/v3/nothing"))
    assert replay.requests[0][1] == "http://a-source.invalid/v3/nothing"


def test_proxies_of_the_environment_are_not_read(
    replay: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with PoliteClient(HttpSettings(attempts=1)) as client:
        assert ask(client, replay)


def test_a_certificate_authority_that_cannot_be_read_is_told_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigurationError, match="certificate authority"):
        PoliteClient(HttpSettings(certificate_authority=tmp_path / "none.pem"))


def test_an_address_that_is_not_http_is_told(client: PoliteClient) -> None:
    with pytest.raises(SourceError, match="not an http address"):
        client.ask(Question("GET", "file:///a-source/v3/nothing"))


def test_no_window_sees_more_calls_than_the_limits_allow(replay: ReplayServer) -> None:
    with PoliteClient(HttpSettings()) as client:
        client.allow(replay.url, Limits(3, 0.4))
        for _ in range(8):
            ask(client, replay)
    gaps = [replay.times[i + 3] - replay.times[i] for i in range(5)]
    assert min(gaps) > 0.35


def test_hosts_are_paced_apart() -> None:
    waits: list[float] = []
    pace = Pace(sleep=waits.append, clock=lambda: 5.0, limits=Limits(1, 60))
    other = Pace(sleep=waits.append, clock=lambda: 5.0, limits=Limits(1, 60))
    pace.wait()
    other.wait()
    assert waits == []
