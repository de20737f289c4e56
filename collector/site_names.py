"""What a site may be called: whatever an id may be, but for the one that means all of them."""

from shared.events import check_id

EVERY_SITE = "*"
"""Instead of the name of a site: all there are."""


def check_site(field: str, text: str) -> str:
    """Return the name of a site without the white space around it.

    Raises:
        ValueError: it cannot be one; says why.

    >>> check_site("site", " Haifa ")
    'Haifa'
    """
    name = check_id(field, text)
    if name == EVERY_SITE:
        raise ValueError(f"{field} cannot be {EVERY_SITE}, which means all sites")
    return name
