"""A certificate that is renewed is shown without a restart; one that cannot be used changes nothing."""

import asyncio
import logging
import ssl
from functools import partial
from pathlib import Path

import pytest
import trustme

from collector.web.certificates import renewed
from tests.support.collector import RunningCollector, running_collector
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import until

AUTHORITY = trustme.CA()


def issue(folder: Path) -> str:
    """Write a certificate and its key over those that are there; return the certificate."""
    made = AUTHORITY.issue_cert("127.0.0.1")
    (folder / "collector.key").write_bytes(made.private_key_pem.bytes())
    (folder / "collector.pem").write_bytes(made.cert_chain_pems[0].bytes())
    return made.cert_chain_pems[0].bytes().decode()


async def shown(collector: RunningCollector) -> str:
    """Return the certificate that a new connection is shown."""
    trusting = ssl.create_default_context()
    AUTHORITY.configure_trust(trusting)
    host, port = collector.url.removeprefix("https://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), ssl=trusting)
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return ssl.DER_cert_to_PEM_cert(found)


def has_more(caplog: pytest.LogCaptureFixture, told: str) -> bool:
    """Say whether the log has grown since."""
    return caplog.text != told


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Return the settings that name the two files."""
    return {"tls_certificate": str(tmp_path / "collector.pem"), "tls_key": str(tmp_path / "collector.key")}


async def test_a_renewed_certificate_is_shown_to_new_connections(tmp_path: Path, files: dict[str, str]) -> None:
    """Within a minute, which is no time by this clock."""
    first = issue(tmp_path)
    async with running_collector(tmp_path, **files) as collector:
        before = await shown(collector)
        second = issue(tmp_path)
        async with asyncio.timeout(30):
            while (after := await shown(collector)) == before:
                pass

    assert (first, second) == (before, after)


async def test_until_both_files_fit_the_certificate_before_goes_on(
    tmp_path: Path, files: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Files that are gone, cut or of two pairs: each is told once, and what comes right afterwards is taken."""
    caplog.set_level(logging.INFO)
    certificate, key = tmp_path / "collector.pem", tmp_path / "collector.key"
    first = issue(tmp_path)
    other = AUTHORITY.issue_cert("127.0.0.1")
    async with running_collector(tmp_path, **files) as collector:
        for file, content in (
            (certificate, other.cert_chain_pems[0].bytes()),
            (certificate, b""),
            (certificate, first.encode()),
            (key, other.private_key_pem.bytes()),
            (key, b"rubbish"),
        ):
            told = caplog.text
            file.write_bytes(content)
            await until(partial(has_more, caplog, told))
            assert first == await shown(collector)
        certificate.unlink()
        second = issue(tmp_path)
        async with asyncio.timeout(30):
            while await shown(collector) != second:
                pass

    told_words = [one.message for one in caplog.records if "certificate" in one.message]
    before, taken = "the certificate before goes on", "a renewed certificate is shown from now on"
    assert [before, before, taken, before, before] == told_words[:5]
    assert taken == told_words[-1]
    assert len(told_words) <= 8  # as many as the files were changed


async def test_without_a_certificate_nothing_is_looked_at() -> None:
    """Plain HTTP, or a proxy that brings TLS."""
    clock = FakeClock()
    async with renewed(None, key=None, clock=clock) as tls:
        await asyncio.sleep(0)

    assert (None, []) == (tls, clock.slept)
