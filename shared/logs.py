"""Logs on stderr: readable on a terminal, one JSON object a line elsewhere.

Messages are constant and their facts are in `extra`, so that a log can be searched. No tokens; worker ids at DEBUG only, and
what an exception says, which may quote one, only where DEBUG is asked for.
"""

import json
import logging
import sys
from types import TracebackType
from typing import TextIO

from shared.instants import SECOND, format_instant
from shared.terminal import one_line
from shared.tracebacks import without_values

_PLAIN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


_READABLE = ("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Formatter(logging.Formatter):
    """Quotes what exceptions say where everything may be said, and else only where they were raised."""

    def __init__(self, form: str | None = None, clock: str | None = None, *, quotes: bool) -> None:
        super().__init__(form, clock)
        self._quotes = quotes

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is the base class's
        """Return the traceback."""
        _, error, _ = ei
        return super().formatException(ei) if self._quotes or error is None else without_values(error)


class ReadableFormatter(_Formatter):
    """Time, level, message, then the facts as `key=value`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the base class's
        """Return one line."""
        line = super().formatMessage(record)
        # A fact may be a stranger's words: on a terminal they stay on their line.
        return line + "".join(f" {key}={one_line(str(value))}" for key, value in _facts(record).items())


class JsonFormatter(_Formatter):
    """One JSON object: time in UTC, level, logger, message, the facts, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        entry = {
            "time": format_instant(round(record.created * SECOND)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        } | _facts(record)
        if record.exc_info:
            entry["exc_info"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def set_up_logs(*, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send the log of all our modules to `stream` (stderr), from INFO or, if `verbose`, from DEBUG."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.addFilter(_is_about_us)
    if not verbose:
        handler.addFilter(_shortened)
    if stream.isatty():
        handler.setFormatter(ReadableFormatter(*_READABLE, quotes=verbose))
    else:
        handler.setFormatter(JsonFormatter(quotes=verbose))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for library in ("asyncio", "aiohttp"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _is_about_us(record: logging.LogRecord) -> bool:
    """Pass over requests that are no HTTP: the stranger has been answered 400, and could fill our disk with tracebacks."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or kind.__module__ != "aiohttp.http_exceptions"


def _shortened(record: logging.LogRecord) -> bool:
    """Take what asyncio says of a task from its words, after the first line: the exception that it ended with is quoted there."""
    if record.name == "asyncio":
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
    return True


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in record.__dict__.items() if key not in _PLAIN_FIELDS}
