"""How much a JSON text will weigh as values, told from the text, before any of it becomes a value.

A text of 4 MiB can be 1.4 million empty arrays, and those are 90 MB: twenty times the text, in one request. A body of 10,000
events is 60,000 to 100,000 values. What has many times more is no body of events.

Commas and brackets within texts count, too: telling them apart would cost more than it is worth. A body that is refused for
those of its ids alone (15 in each of 10,000 events) is taken in halves, which is what an agent makes of a 413.
"""

from shared.errors import BodyTooLarge

MOST_VALUES = 200_000
"""About 35 MB as members of one object, less in any other form; 20 for each of 10,000 events."""
MOST_GROUPS = 150_000
"""Arrays and objects, which weigh most: 15 for each of 10,000 events, at most 35 MB."""


def check_weight(text: bytes) -> None:
    """Refuse a JSON text that has more values than any body of events.

    Raises:
        BodyTooLarge: says what there is too much of.
    """
    if len(text) <= MOST_GROUPS:  # most bodies are too short to be heavy
        return
    if text.count(b",") > MOST_VALUES or text.count(b"[") + text.count(b"{") > MOST_GROUPS:
        raise BodyTooLarge(
            f"the body holds more than {MOST_VALUES:,} values, or {MOST_GROUPS:,} arrays and objects",
            hint="send fewer events a request",
        )
