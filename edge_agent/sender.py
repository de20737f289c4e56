"""One POST to the collector: bytes in, what came back out; nothing is raised and nothing is judged here.

Not followed, not used, not kept: redirects, proxy variables, cookies. An answer is read up to 1 MiB and cut there if it is
longer. The token and the authority's certificate are read again when their files change: new ones need no restart, and what
cannot be read is told as the answer, so that events are taken meanwhile.
"""

import asyncio
import gzip
import ssl
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import aiohttp

from edge_agent.delivery.outcome import Answered, Attempt, NoAnswer, NoAnswerKind

MOST_ANSWER_BYTES = 1024 * 1024
_HANDSHAKE_SECONDS = 3
# What OpenSSL calls an answer that is no TLS at all; the second since 3.2.
_NO_TLS_THERE = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
# X509_V_ERR_… of openssl/x509_vfy.h.
_CERTIFICATES: dict[int | None, NoAnswerKind] = {
    9: "certificate_early",
    10: "certificate_expired",
    62: "certificate_name",
    64: "certificate_name",
}
_GZIP_LEVEL = 1
"""A batch of 500 events shrinks to a ninth at level 1 and to a tenth at 6, which takes three times as long."""


class TokenFile:
    """The bearer token in a file, read again when the file has changed."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._token = ""

    def header(self) -> dict[str, str]:
        """Return the Authorization header, none without a file.

        Raises:
            OSError, UnicodeDecodeError: the file cannot be read.
            ValueError: it holds no token.
        """
        if self.path is None:
            return {}
        seen = _identity(self.path)
        if seen != self._seen:
            self._token = self.path.read_text(encoding="utf-8").strip()
            self._seen = seen
        if not self._token or not self._token.isascii() or not self._token.isprintable() or " " in self._token:
            raise ValueError(f"{self.path} does not hold one token")
        return {"Authorization": f"Bearer {self._token}"}


class TrustFile:
    """The certificates of the authority to trust, read again when their file has changed; without one the system's."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._trust: ssl.SSLContext | None = None

    def read(self) -> ssl.SSLContext | Literal[True]:
        """Return what aiohttp takes as `ssl`; the same one while the file stays as it is, so that connections are kept.

        Raises:
            OSError: the file cannot be read, or holds no certificate (`ssl.SSLError` is one).
        """
        if self.path is None:
            return True  # aiohttp has read the system's certificates already; a second copy is more than a megabyte
        seen = _identity(self.path)
        if self._trust is None or seen != self._seen:
            self._trust = ssl.create_default_context(cafile=self.path)
            self._seen = seen
        return self._trust


class Sender:
    """The connection to one collector; `async with` opens it."""

    def __init__(
        self,
        url: str,
        *,
        token_file: Path | None = None,
        ca_file: Path | None = None,
        timeout_seconds: float = 10.0,
        compression: Literal["gzip", "none"] = "gzip",
    ) -> None:
        self._url = url.rstrip("/") + "/api/app/"
        parts = urlsplit(self._url)
        self._is_tls = parts.scheme == "https"
        self._address = (parts.hostname or "", parts.port or 80)
        self._token = TokenFile(token_file)
        self._trust = TrustFile(ca_file)
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._compression = compression
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Sender":
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            trust_env=False,
            # What is plain cannot unpack into more than was read; an answer is small enough to be so.
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()

    async def post(self, body: bytes) -> Attempt:
        """Return the answer to an envelope, or why there is none."""
        if self._session is None:
            raise RuntimeError("the sender is not open")
        try:
            headers = {"Content-Type": "application/json", **self._token.header()}
        except (OSError, ValueError) as error:
            where = f"{self._token.path}: " if isinstance(error, OSError) else ""
            return NoAnswer("token_file", where + _in_words(error))
        try:
            trust = self._trust.read()
        except (OSError, ValueError) as error:
            return NoAnswer("ca_file", f"{self._trust.path}: {_in_words(error)}")
        if self._compression == "gzip":
            body = gzip.compress(body, _GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False, ssl=trust
            ) as response:
                content = await _read_bounded(response.content)
                return Answered(
                    response.status,
                    response.content_type,
                    response.headers.get("Retry-After"),
                    content[:MOST_ANSWER_BYTES],
                    is_cut=len(content) > MOST_ANSWER_BYTES,
                    date=response.headers.get("Date"),
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            found = _name(error, self._timeout.total)
        if found.kind in ("reset", "other") and await self._wants_tls(trust):
            return NoAnswer("speaks_tls", f"{self._address[0]}:{self._address[1]}")
        return found

    async def _wants_tls(self, trust: ssl.SSLContext | Literal[True]) -> bool:
        """Return whether the port that closed on plain http does so because it speaks TLS; sends no data."""
        if self._is_tls:
            return False
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                _, writer = await asyncio.open_connection(*self._address, ssl=trust)
        except ssl.SSLCertVerificationError:
            return True  # only who speaks TLS shows a certificate
        except (OSError, ValueError):
            return False
        writer.close()
        return True


def no_tls(error: OSError) -> NoAnswer:
    """Return what it is called when no TLS comes about, and it is not for the certificate."""
    is_plain = getattr(error, "reason", None) in _NO_TLS_THERE
    return NoAnswer("speaks_plain" if is_plain else "tls", _in_words(error))


async def _read_bounded(content: aiohttp.StreamReader) -> bytes:
    """Return the body, or a part of it that is longer than the bound."""
    parts: list[bytes] = []
    size = 0
    async for part in content.iter_any():
        parts.append(part)
        size += len(part)
        if size > MOST_ANSWER_BYTES:
            break
    return b"".join(parts)


def _identity(path: Path) -> tuple[int, int, int]:
    """Return what differs when a file was replaced or written to."""
    facts = path.stat()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _name(error: Exception, seconds: float | None) -> NoAnswer:
    """Return what a failure of the network is called; the order matters, the classes are related."""
    match error:
        case TimeoutError():
            return NoAnswer("timeout", f"{seconds:g} s")
        case aiohttp.ClientConnectorCertificateError():
            return certificate_fault(error.certificate_error)
        case aiohttp.ClientConnectorError():
            return _name_unconnected(error)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | ConnectionError():
            return NoAnswer("reset", "it was closed before the answer was whole")
        case aiohttp.ClientOSError():
            return NoAnswer("reset", _in_words(error))
        case _:
            return NoAnswer("other", _in_words(error))


def _name_unconnected(error: aiohttp.ClientConnectorError) -> NoAnswer:
    match error:
        case aiohttp.ClientConnectorSSLError():
            return no_tls(error.os_error)
        case aiohttp.ClientConnectorDNSError():
            return NoAnswer("dns", f"{error.host}: {_in_words(error.os_error)}")
        case _ if isinstance(error.os_error, ConnectionRefusedError):
            return NoAnswer("refused", f"{error.host}:{error.port}")
        case _:
            return NoAnswer("unreachable", f"{error.host}:{error.port}: {_in_words(error.os_error)}")


def certificate_fault(error: Exception) -> NoAnswer:
    """Return what it is called when a certificate is not accepted."""
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    return NoAnswer(_CERTIFICATES.get(code, "certificate"), _in_words(error))


def _in_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
