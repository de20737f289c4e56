"""What the machine has to give before the collector can listen: a certificate, memory that comes back."""

import asyncio.sslproto as sslproto
import ctypes
import ssl
from pathlib import Path

from shared.errors import SettingsInvalid

LARGE_BLOCK_BYTES = 256 * 1024
TLS_PIECE_BYTES = 64 * 1024
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""Of malloc.h."""


def tls_of(certificate: Path | None, *, key: Path | None) -> ssl.SSLContext | None:
    """Return how to speak TLS (1.2 and newer), or None where no certificate is set.

    Raises:
        SettingsInvalid: a key without a certificate, or files that do not hold what they should.
    """
    if certificate is None:
        if key is not None:
            raise SettingsInvalid("tls_key is set and tls_certificate is not", hint="set both, or neither")
        return None
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        tls.load_cert_chain(certificate, key, password="")  # an encrypted key is refused, not asked about on a terminal
    except (OSError, ValueError) as error:
        raise SettingsInvalid(
            f"tls_certificate = '{certificate}': cannot be used: {error}",
            hint="both files must be PEM, readable for this user, and belong together",
        ) from error
    return tls


def return_memory() -> None:
    """Let the C library give memory of large bodies back as soon as they are gone, where it is glibc.

    By itself it keeps blocks of up to 32 MB once one was freed, in an arena for each thread: after a flood of large bodies
    that is a hundred megabytes that nobody uses.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
    mallopt(_M_ARENA_MAX, 2)


def read_in_pieces() -> None:
    """Have asyncio hold a buffer of 64 KiB for each connection with TLS; its own 256 KiB are a quarter of a gigabyte for a thousand."""
    sslproto.SSLProtocol.max_size = TLS_PIECE_BYTES
