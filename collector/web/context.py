"""What handlers work with, under typed keys, and how they read a query."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from aiohttp import web

from collector.floors import Floors
from collector.ingest import Ingest
from collector.metrics.asked import AskedWindow, Question
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.site_names import EVERY_SITE
from collector.storage.base import Storage
from collector.vitals.vitals import Vitals
from collector.web.access import Viewer
from shared.clock import Clock
from shared.errors import BadRequest, NotAllowed
from shared.events import check_id
from shared.instants import format_instant

CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
FLOORS = web.AppKey("floors", Floors)
INGEST = web.AppKey("ingest", Ingest)
PSEUDONYM_KEYS: web.AppKey[Mapping[str, bytes]] = web.AppKey("pseudonym_keys")
"""By site; a site that is not there keeps the ids as they come."""
REPORTS = web.AppKey("reports", Reports)
SETTINGS = web.AppKey("settings", CollectorSettings)
STORAGE: web.AppKey[Storage] = web.AppKey("storage", Storage)
VITALS = web.AppKey("vitals", Vitals)
WINDOW_QUERY = ("from", "to", "site", "shift")
"""What `window_of` reads."""


def check_query(request: web.Request, known: Sequence[str]) -> None:
    """Refuse a parameter that does nothing here: a typing mistake must not look like an answer.

    Raises:
        BadRequest: names the parameters that are not known, or given twice.
    """
    unknown = sorted(set(request.query) - set(known))
    if unknown:
        raise BadRequest(
            f"{unknown[0]}: no such parameter here", field=unknown[0], hint=f"known are {', '.join(known)}"
        )
    for name in known:
        if len(request.query.getall(name, [])) > 1:
            raise BadRequest(f"{name}: given more than once", field=name)


def read_limit(text: str, *, most: int) -> int:
    """Return how many are asked for.

    Raises:
        BadRequest: it is no number from 1 to `most`.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):
        raise BadRequest(f"limit: must be a number from 1 to {most:,}", field="limit")
    return int(text)


def site_asked(request: web.Request, viewer: Viewer) -> str | None:
    """Return the site that was asked for; None: every one that the viewer sees.

    Raises:
        NotAllowed: it is not one of those, or `*` asks for all sites of the company, and the viewer sees but some. What is
            said does not depend on whether there is such a site.
    """
    named = request.query.get("site")
    if viewer.sites is not None and named is not None and named not in viewer.sites:
        which = "every site" if named == EVERY_SITE else "another site"
        raise NotAllowed(f"site: {which} is not for you", field="site", hint="leave `site` out to see your own")
    return None if named == EVERY_SITE else named


def read_id(name: str, text: str | None) -> str | None:
    """Return an id that a query names, as it is stored; None if it names none.

    Raises:
        BadRequest: it can be nobody's.
    """
    try:
        return None if text is None else check_id("it", text)
    except ValueError as error:
        raise BadRequest(f"{name}: {error}", field=name) from error


async def window_of(request: web.Request, viewer: Viewer) -> AskedWindow:
    """Return the window that `from` and `to`, or `shift`, name, and the site that is meant.

    Raises:
        BadRequest: names the parameter and what is wrong with it.
        NotAllowed: another site is asked for than those that the viewer sees.
    """
    query = request.query
    question = Question(query.get("from"), query.get("to"), site_asked(request, viewer), query.get("shift"))
    return await request.app[REPORTS].window_asked(question, sites=viewer.sites)


def window_headers(asked: AskedWindow) -> dict[str, str]:
    """Return the headers that say which window an answer is about; what is open or not one thing is not named.

    `Lineside-Window-Shift` is written as in an address, because a header takes nothing but ASCII.
    """
    named = {
        "Lineside-Window-From": None if asked.window.start is None else format_instant(asked.window.start),
        "Lineside-Window-To": None if asked.window.end is None else format_instant(asked.window.end),
        "Lineside-Window-Time-Zone": None if asked.zone is None else asked.zone.key,
        "Lineside-Window-Shift": None if asked.shift is None else quote(str(asked.shift)),
    }
    return {name: text for name, text in named.items() if text is not None}


def shows_names(request: web.Request, viewer: Viewer) -> bool:
    """Say whether workers are called by their names for a viewer, or by their ids."""
    return request.app[SETTINGS].shows_names(viewer.role)


def sites_of(request: web.Request, viewer: Viewer, *, asked: AskedWindow | None = None) -> Sequence[str] | None:
    """Return the sites that the answer is about: those of the viewer, or the one that was asked for."""
    return viewer.sites_seen(site_asked(request, viewer) if asked is None else asked.site)
