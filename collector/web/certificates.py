"""The collector's certificate, read anew when its files change: whoever renews it restarts nothing.

Looked at once a minute by the files' times and sizes. New files are tried by themselves first; as long as they cannot be used —
one of the two is not written yet, say — the certificate before goes on. Connections that are open keep theirs.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from collector.web.hosting import tls_of
from shared.clock import Clock
from shared.errors import SettingsInvalid

LOOK_EVERY_SECONDS = 60
Marks = tuple[tuple[int, int, int] | None, ...]
"""Of each file: which one it is, when it was written, how long it is; None where there is none."""

_log = logging.getLogger(__name__)


class Certificate:
    """What new connections are shown."""

    def __init__(self, certificate: Path, key: Path | None, *, tls: ssl.SSLContext) -> None:
        self._certificate = certificate
        self._key = key
        self._seen = self._marks()
        self.tls = tls

    def look(self) -> None:
        """Take the files if they are others than last time and can be used; the log tells which."""
        marks = self._marks()
        if marks == self._seen:
            return
        self._seen = marks
        try:
            tls_of(self._certificate, key=self._key)
            self.tls.load_cert_chain(self._certificate, self._key, password="")
        except (SettingsInvalid, OSError, ValueError) as error:
            _log.warning("the certificate before goes on", extra={"reason": str(error)})
        else:
            _log.info("a renewed certificate is shown from now on", extra={"file": str(self._certificate)})

    async def keep_looking(self, clock: Clock) -> None:
        """Look once a minute, for ever."""
        while True:
            await clock.sleep(LOOK_EVERY_SECONDS)
            self.look()

    def _marks(self) -> Marks:
        return tuple(_mark(file) for file in (self._certificate, self._key) if file is not None)


@asynccontextmanager
async def renewed(certificate: Path | None, *, key: Path | None, clock: Clock) -> AsyncIterator[ssl.SSLContext | None]:
    """Give how to speak TLS, by the files as they are at any time while the block lasts; None where no certificate is set.

    Raises:
        SettingsInvalid: what is there at first cannot be used.
    """
    tls = tls_of(certificate, key=key)
    if tls is None or certificate is None:
        yield None
        return
    looking = asyncio.create_task(Certificate(certificate, key, tls=tls).keep_looking(clock), name="certificate")
    try:
        yield tls
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
