"""Pseudonyms: what a worker is called at a site that shall not know who it is. Pure.

Made where an event is received, before anything of it is stored: the same worker has the same pseudonym as long as the site
has the same key, and nobody without the key can tell who it is or try who it might be.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from hashlib import sha256

from shared.events import Event

LEAST_KEY_BYTES = 16
_CHARACTERS = 13
"""65 bits: two of ten thousand workers meet once in a trillion sites."""
_FORM = re.compile(rf"P-[A-Z2-7]{{{_CHARACTERS}}}")


def pseudonym(worker_id: str, *, key: bytes) -> str:
    """Return what a worker is called where that key is used.

    >>> pseudonym("W1", key=b"sixteen bytes...")
    'P-WAU3C6FPJWTVA'
    """
    digest = hmac.new(key, worker_id.encode(), sha256).digest()
    return f"P-{base64.b32encode(digest).decode()[:_CHARACTERS]}"


def is_pseudonym(worker_id: str) -> bool:
    """Say whether an id looks like one that is made here.

    >>> is_pseudonym("P-WAU3C6FPJWTVA"), is_pseudonym("W1")
    (True, False)
    """
    return _FORM.fullmatch(worker_id) is not None


def disguised(events: Sequence[Event], *, key: bytes) -> list[Event]:
    """Return events with pseudonyms for their workers."""
    known: dict[str, str] = {}
    result = []
    for event in events:
        called = known.get(event.worker_id)
        if called is None:
            called = known[event.worker_id] = pseudonym(event.worker_id, key=key)
        result.append(event._replace(worker_id=called))
    return result
