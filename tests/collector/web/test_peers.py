"""Whom a request comes from, and whether by TLS: proxies that are trusted are believed, and nobody else."""

from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from aiohttp.web import Request

from collector.settings import CollectorSettings
from collector.web.peers import Peers
from tests.support.collector import running_collector

TRUSTED = CollectorSettings.model_validate({"trusted_proxies": "127.0.0.1, 10.1.0.0/16, fd00::/8"}).trusted_proxies


def request(remote: str, **headers: str) -> Request:
    """Return a request as it comes from an address."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", headers=named).clone(remote=remote)


@pytest.mark.parametrize(
    ("remote", "written", "address"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.5, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.5, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", None, "192.0.2.7"),
        ("fe80::1%eth0", None, "fe80::/64"),
    ],
)
def test_an_address_is_the_last_that_no_trusted_proxy_wrote(remote: str, written: str | None, address: str) -> None:
    """What strangers write before it is theirs; machines with a network of IPv6 addresses are one."""
    headers = {} if written is None else {"X_Forwarded_For": written}

    assert address == Peers(TRUSTED).address_of(request(remote, **headers))


@pytest.mark.parametrize(
    ("remote", "proto", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "HTTPS ", "https"),
        ("127.0.0.1", "http", "http"),
        ("127.0.0.1", "https, http", "http"),
        ("192.0.2.7", "https", "http"),
        ("127.0.0.1", None, "http"),
    ],
)
def test_a_scheme_is_believed_of_trusted_proxies(remote: str, proto: str | None, scheme: str) -> None:
    """A stranger cannot make a cookie secure that is not."""
    headers = {} if proto is None else {"X_Forwarded_Proto": proto}

    assert scheme == Peers(TRUSTED).scheme_of(request(remote, **headers))


@pytest.mark.parametrize(
    ("remote", "headers", "is_forwarded"),
    [
        ("127.0.0.1", {"X_Forwarded_For": "192.0.2.7"}, True),
        ("127.0.0.1", {}, False),
        ("192.0.2.7", {"X_Forwarded_For": "127.0.0.1"}, False),
    ],
)
def test_what_a_trusted_proxy_passes_on_is_known(remote: str, headers: dict[str, str], is_forwarded: bool) -> None:
    """By its header, and by where it comes from."""

    assert is_forwarded == Peers(TRUSTED).is_forwarded(request(remote, **headers))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
async def test_what_was_passed_on_is_not_the_machine_s_own(tmp_path: Path, header: str) -> None:
    """A proxy on this machine that nobody has named lets nobody in without access; who insists on it opens the door."""
    async with running_collector(tmp_path / "careful") as collector:
        direct = await collector.get("/api/metrics/factory/")
        passed_on = await collector.ask("GET", "/api/metrics/factory/", headers={header: "192.0.2.7"})
    async with running_collector(tmp_path / "open", open=True) as collector:
        insisted = await collector.ask("GET", "/api/metrics/factory/", headers={header: "192.0.2.7"})

    assert (200, 401, 200) == (direct.status, passed_on.status, insisted.status)
