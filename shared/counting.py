"""Numbers of things as a person writes them: 1 event, 2 events. Pure."""


def counted(number: int, one: str, *, many: str = "") -> str:
    """Return how many there are, in words: `one` where it is a single one, else `many`, or `one` with an s behind it.

    >>> counted(1, "event"), counted(1_204, "event"), counted(0, "event waits", many="events wait")
    ('1 event', '1,204 events', '0 events wait')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
