"""The collector's aiohttp application, put together from its parts."""

import asyncio

from aiohttp import web

from collector.floors import Floors
from collector.ingest import Ingest
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from collector.storage.choosing import room_of_store, shown
from collector.vitals.meters import Meters
from collector.vitals.vitals import Vitals
from collector.web.access import NOTE_LOOK, VIEWER_OF, ViewerOf
from collector.web.answer_room import send_in_its_place, take_place
from collector.web.attempts import Attempts
from collector.web.context import CLOCK, FLOORS, INGEST, PSEUDONYM_KEYS, REPORTS, SETTINGS, STORAGE, VITALS
from collector.web.doorkeeper import Doorkeeper
from collector.web.limits import (
    ALLOWANCES,
    ANSWER_ROOM,
    BODY_ROOM,
    CROWDS,
    LARGE_AT_ONCE,
    LARGE_TURN,
    MOST_ANSWER_BYTES_AT_ONCE,
    MOST_BODY_BYTES_AT_ONCE,
    MOST_RECEIPT_BYTES_AT_ONCE,
    RECEIPT_ROOM,
    Allowances,
    Crowds,
)
from collector.web.login import LOGINS, Logins
from collector.web.looks import Looks
from collector.web.manners import add_manners, compress_answers
from collector.web.pages import PAGES, read_pages
from collector.web.peers import PEERS, Peers
from collector.web.routes import add_routes
from collector.web.vitals_api import counted
from shared.clock import Clock
from shared.connections import note_answering
from shared.http_body import answer_problems
from shared.http_guard import allowed_hosts, refuse_strangers
from shared.room import Room


def make_app(
    *,
    storage: Storage,
    ingest: Ingest,
    reports: Reports,
    settings: CollectorSettings,
    clock: Clock,
    viewer_of: ViewerOf | None = None,
    meters: Meters | None = None,
) -> web.Application:
    """Return the application; its parts are started and stopped by the caller.

    `viewer_of` says who is asking; left out, the store does.
    """
    meters = Meters(clock=clock) if meters is None else meters
    peers = Peers(settings.trusted_proxies)
    doorkeeper = Doorkeeper(
        storage.access, peers=peers, clock=clock, may_be_open=settings.may_be_open, is_insisted=settings.open
    )
    hosts = allowed_hosts(settings.listen[0]) if settings.is_on_loopback and not settings.open else None
    app = web.Application(
        middlewares=[
            note_answering,
            send_in_its_place,
            counted(meters, clock=clock),
            answer_problems,
            take_place,
            compress_answers,
            refuse_strangers(hosts, program="collector", scheme_of=peers.scheme_of, is_forwarded=peers.is_forwarded),
        ]
    )
    app.on_response_prepare.append(add_manners)
    app.on_shutdown.append(give_up_reading)
    app[STORAGE] = storage
    app[INGEST] = ingest
    app[REPORTS] = reports
    app[FLOORS] = Floors(storage, reports=reports, settings=settings, clock=clock)
    app[VITALS] = Vitals(
        ingest=ingest,
        reports=reports,
        meters=meters,
        room=lambda: room_of_store(settings),
        is_scrubbing=lambda: storage.is_scrubbing,
        database=shown(settings),
        clock=clock,
    )
    app[SETTINGS] = settings
    app[PSEUDONYM_KEYS] = settings.pseudonym_keys()
    app[CLOCK] = clock
    app[BODY_ROOM] = Room(MOST_BODY_BYTES_AT_ONCE, what="bodies arrive")
    app[ANSWER_ROOM] = Room(MOST_ANSWER_BYTES_AT_ONCE, what="answers wait to be read", beyond="this one is not sent")
    app[RECEIPT_ROOM] = Room(
        MOST_RECEIPT_BYTES_AT_ONCE,
        what="receipts wait to be read",
        beyond="what was sent is stored, and the same again finds duplicates",
    )
    app[LARGE_TURN] = asyncio.Semaphore(LARGE_AT_ONCE)
    app[ALLOWANCES] = Allowances(
        camera=settings.camera_requests_per_second, reader=settings.reader_requests_per_second, clock=clock
    )
    app[CROWDS] = Crowds(of_strangers=settings.max_strangers_per_address)
    app[PEERS] = peers
    app[LOGINS] = Logins(Attempts(clock), peers=peers)
    app[VIEWER_OF] = viewer_of or doorkeeper.viewer_of
    app[NOTE_LOOK] = Looks(storage, clock=clock).note
    app[PAGES] = read_pages()
    add_routes(app)
    return app


async def give_up_reading(app: web.Application) -> None:
    """Let nobody wait until a long question is answered; what arrives to be stored is still stored."""
    app[VITALS].stop()
    app[STORAGE].interrupt()
