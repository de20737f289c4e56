"""The looks themselves: at the queue's folder, and step by step at the way to the collector.

Nothing is left behind: the request to the collector is an empty list, which stores nothing. A step that cannot be tried because an earlier one failed says so.
"""

import asyncio
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from edge_agent.buffer.reader import LogReader
from edge_agent.checks.findings import (
    handshake_finding,
    plain_finding,
    queue_finding,
    token_finding,
)
from edge_agent.sender import Sender, certificate_fault, no_tls
from edge_agent.settings import AgentSettings, is_loopback
from shared.clock import Clock
from shared.errors import LinesideError, NotFound
from shared.findings import Finding, certificate_finding
from shared.instants import SECOND


def look_at_queue(folder: Path) -> Finding:
    """Return whether the queue can be read and whether its numbers add up."""
    try:
        with LogReader(folder) as reader:
            return queue_finding(reader.counts())
    except NotFound:
        return queue_finding(None)
    except LinesideError as error:
        return Finding("queue", str(error), error.exit_code)


async def look_at_collector(settings: AgentSettings, *, clock: Clock) -> list[Finding]:
    """Return how far the way to the collector goes: its name, TLS, and whether it accepts us."""
    parts = urlsplit(settings.collector.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    seconds = settings.collector.timeout / SECOND
    name = await _look_up(host, port, seconds=seconds)
    if name.exit_code:
        return [name, *(Finding(what, "not tried", 3) for what in ("tls", "token"))]
    if parts.scheme != "https":
        tls = plain_finding(settings.collector.url, is_loopback=is_loopback(host))
    else:
        tls = await _shake_hands(host, port, ca_file=settings.collector.ca_file, seconds=seconds, clock=clock)
    if tls.exit_code not in (0, 3):
        return [name, tls, Finding("token", "not tried", 3)]
    return [name, tls, await _present(settings, clock=clock)]


async def _look_up(host: str, port: int, *, seconds: float) -> Finding:
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        return Finding("dns", f"nobody says within {seconds:g} s where {host} is", 5)
    except (OSError, UnicodeError) as error:
        return Finding("dns", f"{host}: {getattr(error, 'strerror', None) or error}", 5)
    addresses = sorted({str(address[0]) for *_, address in found})
    return Finding("dns", host if addresses == [host] else f"{host} is {', '.join(addresses)}")


async def _shake_hands(host: str, port: int, *, ca_file: Path | None, seconds: float, clock: Clock) -> Finding:
    try:
        trust = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        return Finding("tls", f"collector.ca_file {ca_file}: cannot be read as certificates: {error}", 2)
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=trust)
    except TimeoutError:
        return Finding("tls", f"{host}:{port} did not answer within {seconds:g} s", 5)
    except ssl.SSLCertVerificationError as error:
        return handshake_finding(certificate_fault(error), now=clock.now())
    except ssl.SSLError as error:
        return handshake_finding(no_tls(error), now=clock.now())
    except OSError as error:
        return Finding("tls", f"no TLS with {host}:{port}: {error.strerror or error}", 5)
    try:
        ends_at = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
        version = writer.get_extra_info("ssl_object").version()
        return certificate_finding(
            version=version, where="of the collector", seconds_left=ends_at - clock.now() / SECOND
        )
    finally:
        writer.close()


async def _present(settings: AgentSettings, *, clock: Clock) -> Finding:
    """Send an empty list, as we would send events."""
    collector = settings.collector
    try:
        async with Sender(
            collector.url,
            token_file=collector.token_file,
            ca_file=collector.ca_file,
            timeout_seconds=collector.timeout / SECOND,
        ) as sender:
            attempt = await sender.post(b"[]")
    except LinesideError as error:
        return Finding("token", str(error), error.exit_code)
    return token_finding(attempt, has_token=collector.token_file is not None, now=clock.now())
