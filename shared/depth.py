"""How deep a JSON text is nested, told from the text, before any of it becomes a value.

Readers of JSON go one level down in their own stack for each bracket: a text of 100,000 brackets ends some of them with an
error and others for good, at a depth that depends on the machine. Ours is a number: an envelope of events with a list in a
field is five deep, so 32 leaves room for whatever a model adds, and no reader comes near its end.

Told by peeling: what is not a bracket goes, then each pass takes away the innermost pairs, so a text that is N deep is empty
after N passes. Ten thousand events with brackets in their texts take some 5 ms, and no step of Python for each.
"""

from shared.errors import BadRequest

MOST_DEPTH = 32
"""Arrays and objects within each other, the outermost counted."""
_ROUND = bytes.maketrans(b"{}", b"[]")
_NOT_A_BRACKET = bytes(byte for byte in range(256) if byte not in b'[]{}"')


def check_depth(text: bytes, *, what: str = "the body", items: int = 1) -> None:
    """Refuse a JSON text that is nested deeper than any event.

    `items` says how many objects are known to lie side by side in it: of a body of plain events that is nearly every bracket
    there is, and what is left over cannot be deep.

    Raises:
        BadRequest: names the depth that is possible.
    """
    if is_deeper(text, MOST_DEPTH, items=items):
        raise BadRequest(f"{what} is nested too deeply: at most {MOST_DEPTH} arrays and objects within each other")


def is_deeper(text: bytes, most: int, *, items: int = 1) -> bool:
    """Say whether more than `most` arrays and objects lie within each other; brackets within texts are none.

    Of a text that is no JSON it says so of what comes before its mistake, or of more.

    >>> is_deeper(b'[{"a": [1, "[[["]}]', 3), is_deeper(b'[{"a": [1, "[[["]}]', 2), is_deeper(b"[[[", 2)
    (False, True, True)
    """
    if text.count(b"[") + text.count(b"{") - max(items - 1, 0) <= most:  # nearly every body
        return False
    brackets = _brackets(text)
    # What is never closed counts like the rest: a reader goes down there before it finds the end missing.
    brackets += b"]" * brackets.count(b"[")
    for _ in range(most):
        if b"[" not in brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return b"[" in brackets


def _brackets(text: bytes) -> bytes:
    """Return the brackets of a text, all of them square, without those within strings."""
    if b"\\" in text:
        # An escaped quote ends no string. A run of backslashes is taken in pairs from its left, as a reader does.
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = text.translate(_ROUND, _NOT_A_BRACKET)
    # Two quotes side by side are a string without brackets, or where one string ends and the next begins: what lies to
    # either side stays inside or outside as it was.
    marks = marks.replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2])
