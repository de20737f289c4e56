"""Where something failed, for a log that names no person: the frames and the kind of each exception, and not what it says.

A `KeyError` quotes the key that is missing, a database the values that it was given; either may be a worker's id. What the
system or SQLite says of a disk holds none and is kept.
"""

import traceback
from collections.abc import Iterator

_CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
_MET = "\nDuring handling of the above exception, another exception occurred:\n\n"
_SAY_NO_VALUES = ("sqlite3", "pysqlite3")
"""Where the messages of exceptions name tables and columns and no values."""


def without_values(error: BaseException) -> str:
    r"""Return the traceback of an exception and of those before it, the oldest first, as Python prints them.

    >>> without_values(KeyError("W1")), without_values(OSError(28, "No space left on device"))
    ('KeyError', 'OSError: [Errno 28] No space left on device')
    """
    return "".join(reversed(list(_parts(error)))).rstrip("\n")


def _parts(error: BaseException) -> Iterator[str]:
    """Yield the exceptions of a chain and what links them, the newest first."""
    seen: set[int] = set()
    following: BaseException | None = error
    link = ""
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        if link:
            yield link
        yield _one(following)
        if following.__cause__ is not None:
            link, following = _CAUSED, following.__cause__
        else:
            link, following = _MET, None if following.__suppress_context__ else following.__context__


def _one(error: BaseException) -> str:
    kind, frames = type(error), traceback.format_tb(error.__traceback__)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    head = ["Traceback (most recent call last):\n"] if frames else []
    said = _said(error)
    return "".join([*head, *frames, f"{name}: {said}\n" if said else f"{name}\n"])


def _said(error: BaseException) -> str:
    if isinstance(error, OSError):
        return "" if error.errno is None else f"[Errno {error.errno}] {error.strerror}"
    return str(error) if type(error).__module__.partition(".")[0] in _SAY_NO_VALUES else ""
