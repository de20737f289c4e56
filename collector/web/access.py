"""Who is asking. Every route says what it needs, and its handler gets a `Viewer` who has that and shows what it may show.

While access is not configured the one viewer may do everything; the collector then listens on loopback only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from collector.grants import EVERYTHING, MAY, Grant, Needs, Role
from collector.to_the_end import to_the_end
from collector.web.answer_room import keep_place_for
from collector.web.limits import ALLOWANCES, CROWDS
from collector.web.peers import PEERS
from shared.connections import note_who_asks
from shared.cut_short import has_begun
from shared.errors import CameraPaused, NotAllowed, NotKnown, WrongCamera


@dataclass(frozen=True, slots=True)
class Viewer:
    """What somebody may see and do."""

    sites: Sequence[str] | None = None
    """None: every site."""
    may: frozenset[Needs] = EVERYTHING
    may_write_camera: str | None = None
    """The one camera whose events may be sent; None: any."""
    home: str | None = None
    """The site of that camera; None: the settings say."""
    is_paused: bool = False
    """Nothing is taken from that camera."""
    role: Role | None = None
    """None: nobody has to say who they are, or nobody has said."""
    name: str | None = None
    token: bytes | None = None
    """The digest of what was shown: requests are counted by it."""

    @property
    def may_see_persons(self) -> bool:
        """Say whether anything may be shown from which a person can be told."""
        return Needs.persons in self.may

    def check(self, needs: Needs) -> None:
        """Let pass who may do what a route needs.

        Raises:
            NotKnown: whoever asks has not said who they are, or what they showed is not known.
            NotAllowed: they are known, and this is not for them.
            CameraPaused: nothing is taken from the camera.
        """
        if needs in self.may:
            if needs is Needs.write and self.is_paused:
                raise CameraPaused(hint=f"collector cameras resume {self.may_write_camera} takes them again")
            return
        if self.role is None:
            raise NotKnown("this is for those who are known", hint="log in, or send a token as Authorization: Bearer …")
        raise NotAllowed(f"this is not for the role {self.role}")

    def camera_written(self, named: str | None) -> str | None:
        """Return the camera whose events somebody sends who calls it so (None: by no name).

        Raises:
            WrongCamera: it is not the one camera that may be written.
        """
        if self.may_write_camera is None or named == self.may_write_camera:
            return named
        if named is None:
            return self.may_write_camera
        raise WrongCamera(f"events of {named!r} may not be sent by {self.may_write_camera!r}", field="agent.camera")

    def sites_seen(self, asked: str | None) -> Sequence[str] | None:
        """Return the sites an answer is about, given the one that was asked for; None: every site."""
        if asked is None:
            return self.sites
        return [asked] if self.sites is None or asked in self.sites else []


NOBODY = Viewer(sites=(), may=frozenset({Needs.nothing}))
"""Whoever has not said who they are, where that is asked for."""


def viewer_with(grant: Grant, *, token: bytes) -> Viewer:
    """Return the viewer that a valid token, of which this is the digest, makes of whoever shows it."""
    may = MAY[grant.role]
    if grant.role is Role.agent:
        return Viewer(
            (),
            may,
            may_write_camera=grant.name,
            home=grant.site,
            is_paused=grant.is_paused,
            role=grant.role,
            name=grant.name,
            token=token,
        )
    sites = None if grant.site is None else (grant.site,)
    return Viewer(sites, may, role=grant.role, name=grant.name, token=token)


async def anyone(_request: web.Request) -> Viewer:
    """Return the one viewer there is while access is not configured."""
    return Viewer()


ViewerOf = Callable[[web.Request], Awaitable[Viewer]]
Shown = Callable[[web.Request, Viewer], Awaitable[web.StreamResponse]]
"""A handler that is told who is asking."""
VIEWER_OF: web.AppKey[ViewerOf] = web.AppKey("viewer_of")


class NoteLook(Protocol):
    """Notes who was shown what."""

    async def __call__(self, request: web.Request, viewer: Viewer, *, needs: Needs) -> None:
        """Note it, if it is about persons and by somebody who is known."""
        ...


NOTE_LOOK: web.AppKey[NoteLook] = web.AppKey("note_look")


def shown(handler: Shown, *, needs: Needs, is_page: bool = False) -> Handler:
    """Return a handler as the framework wants it: who is asking is found out here, once, for every address.

    Before the body is read and the query is looked at: strangers cost nothing and learn nothing. Who has to log in before
    they see a page is led there. What a token asks for is counted, also where it is refused; what is open to everybody is not, nor
    are pages, which come from memory with twenty files each: all but that for `Needs.settings`, which asks the store.
    """
    is_counted = needs is not Needs.nothing and not (is_page and needs is Needs.look)

    async def answer(request: web.Request) -> web.StreamResponse:
        viewer = await _viewer(request, needs=needs)
        if is_counted:
            request.app[ALLOWANCES].take(viewer.token, is_camera=viewer.role is Role.agent)
        try:
            viewer.check(needs)
        except NotKnown:
            if is_page:
                raise web.HTTPSeeOther(f"/login?next={quote(request.rel_url.raw_path_qs)}") from None
            raise
        note = partial(request.app[NOTE_LOOK], request, viewer, needs=needs)
        try:
            with _place_in_crowd(request, viewer, is_counted=is_counted):
                shown_answer = await handler(request, viewer)
        except BaseException as error:
            # Of a file that breaks off, whoever ends it, the half that was sent has been seen.
            if has_begun(request) or isinstance(error, asyncio.CancelledError | ConnectionError):
                await to_the_end(note())
            raise
        await to_the_end(note())  # of a file that is streamed all is sent: who hangs up then has seen it
        return shown_answer

    return answer


def _place_in_crowd(request: web.Request, viewer: Viewer, *, is_counted: bool) -> AbstractContextManager[None]:
    """Count a request with a token, and that of a stranger whose connection is a proxy's."""
    crowds, peers = request.app[CROWDS], request.app[PEERS]
    if viewer.token is not None:
        return crowds.place(viewer.token if is_counted else None)
    return crowds.place(peers.address_of(request) if peers.is_forwarded(request) else None, is_stranger=True)


def _told_apart(request: web.Request, viewer: Viewer) -> Hashable:
    """Return whose share an answer takes: of somebody known by name, with whatever token; else of an address."""
    return request.app[PEERS].address_of(request) if viewer.role is None else (viewer.role, viewer.name)


async def _viewer(request: web.Request, *, needs: Needs) -> Viewer:
    """Find out who is asking, and let the connection know whether that is a stranger."""
    viewer = NOBODY
    try:
        viewer = await request.app[VIEWER_OF](request)
    finally:
        # What is open to everybody makes nobody known, also while access is not configured.
        is_known = viewer.token is not None or (needs is not Needs.nothing and needs in viewer.may)
        note_who_asks(request, is_known=is_known, who=viewer.token)
        if is_known:
            keep_place_for(request, _told_apart(request, viewer), is_receipt=needs is Needs.write)
    return viewer
