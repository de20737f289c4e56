"""Why an address cannot be listened on, in words."""

import os
import socket


def why_not(error: OSError) -> str:
    """Return the reason alone: asyncio's own text repeats the address, and a resolver's errors have numbers of their own."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno)
