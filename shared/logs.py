"""Logs on stderr: readable on a terminal, one JSON object a line elsewhere.

Messages are constant and their facts are in `extra`, so that a log can be searched. No tokens; worker ids at DEBUG only.
"""

import logging
import sys
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from shared.terminal import one_line

_PLAIN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class ReadableFormatter(logging.Formatter):
    """Time, level, message, then the facts as `key=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the base class's
        """Return one line."""
        facts = {key: value for key, value in record.__dict__.items() if key not in _PLAIN_FIELDS}
        line = super().formatMessage(record)
        # A fact may be a stranger's words: on a terminal they stay on their line.
        return line + "".join(f" {key}={one_line(str(value))}" for key, value in facts.items())


def set_up_logs(*, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send the log of all our modules to `stream` (stderr), from INFO or, if `verbose`, from DEBUG."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    if stream.isatty():
        handler.setFormatter(ReadableFormatter())
    else:
        fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
        renamed = {"asctime": "time", "levelname": "level", "name": "logger"}
        handler.setFormatter(JsonFormatter(fields, rename_fields=renamed))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for library in ("asyncio", "aiohttp"):
        logging.getLogger(library).setLevel(logging.WARNING)
