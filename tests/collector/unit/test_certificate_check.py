"""What `collector check` makes of its certificate: a real handshake in memory, with certificates made for the test."""

import datetime as dt
from pathlib import Path

import pytest
import trustme

from collector.checks.certificate import look_at_certificate
from collector.checks.looks import access_finding, tls_finding
from collector.settings import CollectorSettings
from shared.clock import SystemClock

NOW = SystemClock().now()


def made(folder: Path, *, days: float) -> tuple[Path, Path]:
    """Write a certificate that is valid for so many days, and its key."""
    made_for = trustme.CA().issue_cert("collector.test", not_after=dt.datetime.now(dt.UTC) + dt.timedelta(days=days))
    certificate, key = folder / "collector.pem", folder / "collector.key"
    made_for.cert_chain_pems[0].write_to_path(certificate)
    made_for.private_key_pem.write_to_path(key)
    return certificate, key


@pytest.mark.parametrize(
    ("days", "code", "words"), [(60.2, 0, "is valid for 60 days"), (5, 3, "renew it"), (-1, 2, "has expired: renew it")]
)
def test_a_certificate_is_judged_by_the_days_that_are_left(tmp_path: Path, days: float, code: int, words: str) -> None:
    """Before browsers and agents do."""
    certificate, key = made(tmp_path, days=days)
    finding = look_at_certificate(certificate, key, now=NOW)

    assert code == finding.exit_code
    assert words in finding.words


def test_a_key_of_another_certificate_is_noticed(tmp_path: Path) -> None:
    """And files that are none, or not there."""
    certificate, _ = made(tmp_path, days=60)
    (tmp_path / "other").mkdir()
    _, key = made(tmp_path / "other", days=60)
    (tmp_path / "text.pem").write_text("no certificate")
    found = [
        look_at_certificate(certificate, key, now=NOW),
        look_at_certificate(tmp_path / "text.pem", key, now=NOW),
        look_at_certificate(tmp_path / "missing.pem", key, now=NOW),
    ]

    assert [2, 2, 2] == [finding.exit_code for finding in found]
    assert all("cannot be used, with its key" in finding.words for finding in found)


@pytest.mark.parametrize(
    ("given", "is_configured", "codes"),
    [
        ({}, False, (0, 0)),
        ({}, True, (0, 0)),
        ({"listen": "0.0.0.0:80"}, False, (2, 3)),
        ({"listen": "0.0.0.0:80"}, True, (0, 3)),
        ({"listen": "0.0.0.0:80", "open": True}, False, (3, 3)),
    ],
)
def test_who_can_read_and_write_and_listen_on_the_way(
    given: dict[str, object], is_configured: bool, codes: tuple[int, int]
) -> None:
    """What the collector would refuse fails; what it does on request deserves a look."""
    settings = CollectorSettings.model_validate(given)
    found = access_finding(settings, is_configured=is_configured), tls_finding(settings, now=NOW)

    assert codes == (found[0].exit_code, found[1].exit_code)
