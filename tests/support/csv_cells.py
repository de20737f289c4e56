"""What stands in the cells of our CSV files, read back."""

import re

_GUARDED = re.compile(r"""((?:^|[;\t\r\n])[ "]*)'(?='*[=+\-@＝＋－＠\t\r])""")


def as_it_was(cell: str) -> str:
    """Return the text of a cell, without the apostrophes that keep a spreadsheet from running what is in it."""
    return _GUARDED.sub(r"\1", cell)
