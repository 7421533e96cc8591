"""Open sources behind a hospital's proxy and certificate authority, over real connections."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import HttpSettings, Settings, leaves, load_settings
from equity_pipeline.sources.asking.client import PoliteClient, Question, Unreachable
from equity_pipeline.sources.asking.reach import reached
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from tests.networks import NAME, Authority, ConnectProxy

PASSWORD = "correct-horse"
ASKED = Question("GET", f"https://{NAME}/v3/kpi")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def pem(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.pem(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[HTTPServer]:
    """A source over TLS, with a certificate that only the private authority has signed."""
    with HTTPServer("127.0.0.1", 0, ssl_context=authority.server()) as made:
        made.expect_request("/v3").respond_with_json({"title": "Not Found"}, status=404)
        made.expect_request("/v3/kpi").respond_with_json({"values": []})
        yield made


@pytest.fixture
def proxy(server: HTTPServer) -> Iterator[ConnectProxy]:
    with ConnectProxy({NAME: server.port}, user="anna", password=PASSWORD) as made:
        yield made


def ask(**http: object) -> bytes:
    settings = HttpSettings.model_validate({"attempts": 2, "timeout_seconds": 5} | http)
    with PoliteClient(settings, sleep=lambda _: None) as client:
        return client.ask(ASKED)


def test_a_source_is_reached_through_a_proxy_with_a_password_and_a_private_authority(
    proxy: ConnectProxy, pem: Path
) -> None:
    given = f"http://anna:{PASSWORD}@{proxy.address}"
    assert json.loads(ask(proxy=given, certificate_authority=pem)) == {"values": []}
    assert proxy.asked == [f"CONNECT {NAME}:443"]


def test_a_server_that_is_not_trusted_is_refused_once_and_the_setting_is_named(
    proxy: ConnectProxy,
) -> None:
    with pytest.raises(Unreachable, match="certificate of the server is not trusted") as stop:
        ask(proxy=f"http://anna:{PASSWORD}@{proxy.address}")
    assert "sources.http.certificate_authority" in stop.value.mend
    assert len(proxy.asked) == 1


def test_the_authority_of_the_settings_is_trusted_beside_the_usual_ones(pem: Path) -> None:
    from equity_pipeline.sources.asking import transport

    usual = transport._trusted(HttpSettings()).cert_store_stats()["x509_ca"]
    both = transport._trusted(HttpSettings(certificate_authority=pem)).cert_store_stats()
    assert both["x509_ca"] == usual + 1


def test_a_certificate_for_another_name_is_refused_although_its_authority_is_trusted(
    server: HTTPServer, pem: Path
) -> None:
    with ConnectProxy({"other.test": server.port}) as proxy:
        http = HttpSettings(proxy=f"http://{proxy.address}", certificate_authority=pem, attempts=1)
        with PoliteClient(http) as client, pytest.raises(Unreachable, match="not trusted"):
            client.ask(Question("GET", "https://other.test/v3/kpi"))


@pytest.mark.parametrize("user", ["", "anna:wrong-word@"], ids=["nobody", "a wrong password"])
def test_a_proxy_that_says_no_is_told_once_with_its_setting(
    proxy: ConnectProxy, pem: Path, user: str
) -> None:
    with pytest.raises(Unreachable, match="proxy refuses this caller: HTTP 407") as stop:
        ask(proxy=f"http://{user}{proxy.address}", certificate_authority=pem)
    assert "sources.http.proxy" in stop.value.mend
    assert len(proxy.asked) == 1


def _set_proxy(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Set the proxy variable alone, whatever this machine has."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", address)


def test_no_password_stands_in_any_message_log_or_printed_setting(
    proxy: ConnectProxy, pem: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given = f"http://anna:{PASSWORD}-wrong@{proxy.address}"
    faults: list[SourceError] = []
    for address in (given, f"http://anna:{PASSWORD}@127.0.0.1:9"):
        with pytest.raises(SourceError) as stop:
            ask(proxy=address, certificate_authority=pem)
        faults.append(stop.value)
    configuration = load_settings(None, {"EQUITY_SOURCES__HTTP__PROXY": given})
    printed = [
        *(f"{one} {one.what} {one.where} {one.mend} {one!r}" for one in faults),
        caplog.text,
        repr(configuration),
        str(dict(leaves(configuration.settings))),
        configuration.settings.model_dump_json(),
    ]
    assert not [text for text in printed if PASSWORD in text]
    assert dict(leaves(configuration.settings))["sources.http.proxy"] == (
        f"http://***@{proxy.address}"
    )


@pytest.mark.parametrize("given", [f"anna:{PASSWORD}@proxy", f"ftp://anna:{PASSWORD}@proxy:1"])
def test_an_address_that_is_no_proxy_is_told_without_its_password(given: str) -> None:
    with pytest.raises(ConfigurationError, match="address of the proxy cannot be used") as stop:
        ask(proxy=given)
    assert PASSWORD not in f"{stop.value} {stop.value.where} {stop.value.mend}"
    assert stop.value.__cause__ is None and stop.value.__suppress_context__


def test_the_proxy_of_the_environment_is_used_only_when_the_settings_say_so(
    proxy: ConnectProxy, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_proxy(monkeypatch, f"http://anna:{PASSWORD}@{proxy.address}")
    with pytest.raises(Unreachable):
        ask(certificate_authority=pem)
    assert proxy.asked == []
    assert ask(proxy="environment", certificate_authority=pem)
    assert proxy.asked == [f"CONNECT {NAME}:443"]


def test_an_authority_of_the_environment_is_not_trusted_silently(
    proxy: ConnectProxy, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    _set_proxy(monkeypatch, f"http://anna:{PASSWORD}@{proxy.address}")
    with pytest.raises(Unreachable, match="not trusted"):
        ask(proxy="environment")


def test_a_user_in_the_address_of_a_source_stands_in_no_message_and_on_no_card(
    tmp_path: Path,
) -> None:
    asked = Question("GET", f"http://anna:{PASSWORD}@127.0.0.1:9/v3/kpi")
    with (
        PoliteClient(HttpSettings(attempts=1)) as client,
        pytest.raises(Unreachable) as stop,
    ):
        client.ask(asked)
    assert PASSWORD not in f"{stop.value} {stop.value.where}"
    from datetime import UTC, datetime

    SnapshotStore(tmp_path).keep(
        asked, b"{}", source="kolada", licence="free", fetched_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert not [one for one in tmp_path.rglob("*.json") if PASSWORD in one.read_text("utf-8")]


def test_the_settings_of_the_network_change_no_run_id(pem: Path) -> None:
    plain = Settings()
    other = load_settings(
        None,
        {
            "EQUITY_SOURCES__HTTP__PROXY": "environment",
            "EQUITY_SOURCES__HTTP__CERTIFICATE_AUTHORITY": str(pem),
        },
    ).settings
    assert plain.digest() == other.digest()


def test_reachability_is_told_source_by_source_with_what_mends_it(
    proxy: ConnectProxy, pem: Path
) -> None:
    held = {
        "EQUITY_SOURCES__HTTP__PROXY": f"http://anna:{PASSWORD}@{proxy.address}",
        "EQUITY_SOURCES__KOLADA__ENABLED": "true",
        "EQUITY_SOURCES__KOLADA__BASE_URL": f"https://{NAME}/v3",
        "EQUITY_SOURCES__SCB__ENABLED": "true",
        "EQUITY_SOURCES__SCB__BASE_URL": "https://elsewhere.test/api/v2",
    }
    untrusted = reached(load_settings(None, held).settings.sources)
    assert "certificate_authority" in untrusted["kolada"]
    held["EQUITY_SOURCES__HTTP__CERTIFICATE_AUTHORITY"] = str(pem)
    told = reached(load_settings(None, held).settings.sources)
    assert told["kolada"] == ""
    assert "403" in told["scb"] and "sources.http.proxy" in told["scb"]
    assert PASSWORD not in str(told)
