"""Loaded by schemathesis: cases that are wrong for a reason which no schema can tell are not tried as right ones."""

from typing import Any

import schemathesis


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """Leave out `shift` beside `from` or `to`, windows that end before they begin, and open ones for `occupied`."""
    query = case.query or {}
    if "shift" in query and ("from" in query or "to" in query):
        return False
    if query.get("include") == "occupied" and "shift" not in query:
        return False
    start, end = query.get("from"), query.get("to")
    return not (isinstance(start, str) and isinstance(end, str) and start >= end)
