"""What browsers need of the dashboard's sources: comments are for those who read the files, and a quarter of their weight.

A line that is nothing but comment becomes an empty one, so that an error's line is that of the file. What stands behind code
on a line stays: to tell it from a text would take a parser.
"""

import re

_BLOCK = r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*$"
_COMMENTS = {
    ".js": re.compile(rf"{_BLOCK}|^[ \t]*//[^\n]*$", re.MULTILINE | re.DOTALL),
    ".css": re.compile(_BLOCK, re.MULTILINE | re.DOTALL),
    ".html": re.compile(r"^[ \t]*<!--(?:(?!-->).)*-->[ \t]*$", re.MULTILINE | re.DOTALL),
}


def without_comments(name: str, source: bytes) -> bytes:
    r"""Return a file's source without its lines of comment.

    >>> without_comments("a.js", b"/** Adds. */\nconst url = 'http://a'; // stays\n  // why\n")
    b"\nconst url = 'http://a'; // stays\n\n"
    """
    comments = _COMMENTS.get(name[name.rfind(".") :])
    if comments is None:
        return source
    return comments.sub(lambda found: "\n" * found[0].count("\n"), source.decode()).encode()
