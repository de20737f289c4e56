"""The collector's aiohttp application, put together from its parts."""

from aiohttp import web

from collector.floors import Floors
from collector.ingest import Ingest
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from collector.web.access import VIEWER_OF, ViewerOf, anyone
from collector.web.context import CLOCK, FLOORS, INGEST, REPORTS, SETTINGS, STORAGE
from collector.web.manners import add_manners, compress_answers
from collector.web.pages import PAGES, read_pages
from collector.web.routes import add_routes
from shared.clock import Clock
from shared.http_body import answer_problems
from shared.http_guard import allowed_hosts, refuse_strangers


def make_app(
    *,
    storage: Storage,
    ingest: Ingest,
    reports: Reports,
    settings: CollectorSettings,
    clock: Clock,
    viewer_of: ViewerOf = anyone,
) -> web.Application:
    """Return the application; its parts are started and stopped by the caller, and `viewer_of` says who is asking."""
    hosts = None if settings.open else allowed_hosts(settings.listen[0])
    app = web.Application(middlewares=[compress_answers, answer_problems, refuse_strangers(hosts, program="collector")])
    app.on_response_prepare.append(add_manners)
    app.on_shutdown.append(give_up_reading)
    app[STORAGE] = storage
    app[INGEST] = ingest
    app[REPORTS] = reports
    app[FLOORS] = Floors(storage, reports=reports, settings=settings, clock=clock)
    app[SETTINGS] = settings
    app[CLOCK] = clock
    app[VIEWER_OF] = viewer_of
    app[PAGES] = read_pages()
    add_routes(app)
    return app


async def give_up_reading(app: web.Application) -> None:
    """Let nobody wait until a long question is answered; what arrives to be stored is still stored."""
    app[STORAGE].interrupt()
