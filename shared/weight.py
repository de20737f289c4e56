"""How much a JSON text will weigh as values, told from the text, before any of it becomes a value.

A text of 4 MiB can be 1.4 million empty arrays, and those are 90 MB: twenty times the text, in one request. A body of 10,000
events is 60,000 to 100,000 values. What has many times more is no body of events.
"""

import re

from shared.errors import BodyTooLarge

MOST_VALUES = 400_000
"""About 30 MB, whatever they are; 40 for each of 10,000 events."""
MOST_GROUPS = 150_000
"""Arrays and objects, which weigh most: 15 for each of 10,000 events, at most 35 MB."""
# One that does not end is taken to the end of the text, so no byte is looked at twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def check_weight(text: bytes) -> None:
    """Refuse a JSON text that has more values than any body of events.

    Commas and brackets within strings count only where there are enough of them to make one look.

    Raises:
        BodyTooLarge: says what there is too much of.
    """
    if len(text) <= MOST_GROUPS or _is_light(text):  # most bodies are too short to be heavy
        return
    if not _is_light(_STRING.sub(b"", text)):
        raise BodyTooLarge(
            f"the body holds more than {MOST_VALUES:,} values, or {MOST_GROUPS:,} arrays and objects",
            hint="send fewer events a request",
        )


def _is_light(text: bytes) -> bool:
    return text.count(b",") <= MOST_VALUES and text.count(b"[") + text.count(b"{") <= MOST_GROUPS
