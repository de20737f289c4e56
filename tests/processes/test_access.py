"""A camera's agent and a collector that asks for its token, with TLS between them: what is refused is kept and goes later."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import trustme

from tests.support.collector import JSON, item
from tests.support.flaky_collector import until
from tests.support.programs import LISTENING, Program, command, running

pytestmark = pytest.mark.processes


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[str]:
    """Run a collector that speaks TLS by certificate files; give its address."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "collector.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    _write(folder / "collector.toml", f'tls_certificate = "{folder}/collector.pem"\nlisten = "127.0.0.1:0"\n')
    arguments = ("--config", str(folder / "collector.toml"), "--database", str(folder / "collector.db"))
    async with running("collector", "serve", *arguments, log=folder / "collector.log") as program:
        yield await program.line_with(LISTENING)


@asynccontextmanager
async def agent(folder: Path, *, collector: str) -> AsyncIterator[tuple[str, Program]]:
    """Run an agent with a token file and a CA file; give its address."""
    _write(
        folder / "agent.toml",
        f'camera = "cam-1"\nlisten = "127.0.0.1:0"\n[collector]\nurl = "{collector}"\n'
        f'token_file = "{folder}/token"\nca_file = "{folder}/ca.pem"\n',
    )
    arguments = ("run", "--config", str(folder / "agent.toml"), "--data-dir", str(folder / "queue"))
    async with running("edge_agent", *arguments, log=folder / "agent.log") as program:
        yield await program.line_with(LISTENING), program


async def test_an_agent_delivers_by_its_token_over_tls(tmp_path: Path) -> None:
    """A wrong token pauses it and nothing is lost; started anew with the right one, all arrives."""
    async with secured(tmp_path) as url:
        added = await command("collector", "cameras", "add", "cam-1", "--database", str(tmp_path / "collector.db"))
        _write(tmp_path / "token", "lsc_wrong\n")
        async with agent(tmp_path, collector=url) as (own, _), aiohttp.ClientSession() as session:
            async with session.post(f"{own}/api/app/", json=item("10:00", "W1", "working"), headers=JSON) as answer:
                assert 200 == answer.status
            await until(lambda: "does not accept our token" in _text(tmp_path / "agent.log"))
        before = await stored(tmp_path)
        _write(tmp_path / "token", added.out)
        async with agent(tmp_path, collector=url):
            await until(lambda: b"W1" in _bytes_of_all(tmp_path, "collector.db*"))
        after = await stored(tmp_path)

    assert url.startswith("https://")
    assert (0, "") == (added.code, before)
    assert '"camera": "cam-1"' in after


async def test_plain_http_gets_nothing_from_a_collector_with_tls(tmp_path: Path) -> None:
    """Nor does TLS without the authority's certificate."""
    async with secured(tmp_path) as url, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(url.replace("https:", "http:") + "/healthz")
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(f"{url}/healthz")
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        async with session.get(f"{url}/healthz", ssl=trusting) as answer:
            assert 200 == answer.status


async def test_whoever_came_by_tls_is_asked_to_stay_with_it(tmp_path: Path) -> None:
    """For a year, as far as browsers do so: by name."""
    async with secured(tmp_path) as url, aiohttp.ClientSession() as session:
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        async with session.get(f"{url}/healthz", ssl=trust) as answer:
            assert (200, "max-age=31536000") == (answer.status, answer.headers["Strict-Transport-Security"])


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ('tls_key = "collector.key"', "tls_key is set and tls_certificate is not"),
        ('tls_certificate = "/no/such/file.pem"', "tls_certificate = '/no/such/file.pem': cannot be used"),
        ('tls_certificate = "{folder}/collector.toml"', "cannot be used"),
    ],
)
async def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path, config: str, told: str) -> None:
    """Exit code 2, before anybody is told that it listens."""
    _write(tmp_path / "collector.toml", config.format(folder=tmp_path))
    arguments = ("--config", str(tmp_path / "collector.toml"), "--database", str(tmp_path / "collector.db"))
    finished = await command("collector", "serve", *arguments, "--listen", "127.0.0.1:0")

    assert (2, "") == (finished.code, finished.out)
    assert told in finished.err


async def stored(folder: Path) -> str:
    """Return what the collector has, as its own command prints it."""
    return (await command("collector", "events", "--database", str(folder / "collector.db"))).out


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _bytes_of_all(folder: Path, pattern: str) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob(pattern) if file.is_file())


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
