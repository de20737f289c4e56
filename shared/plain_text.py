"""Texts that people write and every database takes: short, without control characters. Pure.

Both programs hold to it: a reason that an operator gives at an agent travels in the header of every envelope of its epoch,
and a header with a line break in it would be refused, with all that came in its company.
"""

import unicodedata

LONGEST_REASON = 200
"""Characters in the reason why a number will never be sent."""
_CONTROL = ("Cc", "Cs")


def is_plain(text: str) -> bool:
    r"""Return whether there is no control character in a text, and no half of a character.

    >>> is_plain("wrong station"), is_plain("wrong station\nsee ticket")
    (True, False)
    """
    return not any(unicodedata.category(character) in _CONTROL for character in text)


def made_plain(text: str, *, longest: int = LONGEST_REASON) -> str:
    r"""Return a text that is plain and not too long: each control character becomes a space.

    >>> made_plain("wrong station\nsee ticket")
    'wrong station see ticket'
    """
    if len(text) <= longest and is_plain(text):
        return text
    return "".join(one if is_plain(one) else " " for one in text[:longest])
