"""What handlers work with, under typed keys, and how they read a query."""

from collections.abc import Sequence

from aiohttp import web

from collector.ingest import Ingest
from collector.metrics.windows import Window, read_window
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from collector.web.access import ANYONE, Viewer
from shared.clock import Clock
from shared.errors import BadRequest

CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
INGEST = web.AppKey("ingest", Ingest)
REPORTS = web.AppKey("reports", Reports)
SETTINGS = web.AppKey("settings", CollectorSettings)
STORAGE: web.AppKey[Storage] = web.AppKey("storage", Storage)


def viewer_of(request: web.Request) -> Viewer:
    """Return who is asking."""
    del request
    return ANYONE


def check_query(request: web.Request, known: Sequence[str]) -> None:
    """Refuse a parameter that does nothing here: a typing mistake must not look like an answer.

    Raises:
        BadRequest: names the parameters that are not known, or given twice.
    """
    unknown = sorted(set(request.query) - set(known))
    if unknown:
        raise BadRequest(f"{unknown[0]}: no such parameter here", hint=f"known are {', '.join(known)}")
    for name in known:
        if len(request.query.getall(name, [])) > 1:
            raise BadRequest(f"{name}: given more than once")


def window_of(request: web.Request) -> Window:
    """Return the window that `from` and `to` name."""
    return read_window(request.query.get("from"), request.query.get("to"))


def sites_of(request: web.Request) -> Sequence[str] | None:
    """Return the sites that the answer is about: those of the viewer, or the one that `site` names."""
    return viewer_of(request).sites_seen(request.query.get("site"))
