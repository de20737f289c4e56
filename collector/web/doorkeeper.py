"""Finds out who is asking, by the token in a header or in a cookie; what the store said is remembered for a second.

Invariants: a change that was made through this collector holds for the next request, one made through another collector on
the same database for those that come a second later; what is remembered takes at most 10,000 tokens. A token that is not
known is looked up each time, in microseconds: there are 2^256 of them, so trying is of no use.
"""

from dataclasses import dataclass

from aiohttp import web

from collector.grants import Grant, Kind, digest_of, kind_of
from collector.storage.access_base import AccessStorage
from collector.web.access import NOBODY, Viewer, viewer_with
from collector.web.peers import Peers
from shared.clock import Clock
from shared.errors import NotKnown

REMEMBERED_SECONDS = 1.0
MOST_REMEMBERED = 10_000
COOKIES = {Kind.session: "lineside", Kind.board: "lineside-board"}
"""Each kind has a cookie of its own, so that opening a board's link logs nobody out; whoever has both is who has logged in."""
SECURE = "__Host-"
"""Where there is TLS: browsers take a cookie whose name begins so from this very host alone, and send it nowhere in the clear."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    grant: Grant
    until: float


class Doorkeeper:
    """Says who is asking."""

    def __init__(
        self, access: AccessStorage, *, peers: Peers, clock: Clock, may_be_open: bool, is_insisted: bool
    ) -> None:
        """Ask a store.

        `may_be_open` says whether everybody may do everything while access is not configured, `is_insisted` that this holds
        for the whole network, too.
        """
        self._access = access
        self._peers = peers
        self._clock = clock
        self._may_be_open = may_be_open
        self._is_insisted = is_insisted
        self._grants: dict[bytes, _Remembered] = {}
        self._configured: tuple[bool, float] = (False, 0.0)
        self._seen_changes = -1

    async def viewer_of(self, request: web.Request) -> Viewer:
        """Return who is asking.

        Raises:
            NotKnown: a token was shown that nobody has, or that has ended.
        """
        self._forget_if_changed()
        bearer = _bearer_of(request)
        if bearer is not None:
            grant = await self._grant(bearer)
            if grant is not None:
                return viewer_with(grant, token=digest_of(bearer))
            if await self._asks():
                raise NotKnown(
                    "this token is not known, or it has ended", hint="collector cameras token NAME makes another"
                )
        if not await self._asks() and self._is_open_to(request):
            return Viewer()
        return await self._viewer_by_cookie(request)

    async def _viewer_by_cookie(self, request: web.Request) -> Viewer:
        is_secure = self._peers.is_secure(request)
        # A cookie goes along by itself with what pages of other origins send, so it opens nothing to a camera's token.
        for kind in COOKIES:
            cookie = request.cookies.get(cookie_name(kind, is_secure=is_secure))
            if cookie is not None and kind_of(cookie) is kind and (grant := await self._grant(cookie)) is not None:
                return viewer_with(grant, token=digest_of(cookie))
        return NOBODY

    def _is_open_to(self, request: web.Request) -> bool:
        # What a proxy on this machine passes on comes from anywhere, also where nobody has said that it is trusted.
        if self._peers.is_forwarded(request) or not self._may_be_open:
            return False
        return self._is_insisted or not self._peers.is_passed_on(request)

    def _forget_if_changed(self) -> None:
        changes = self._access.changes
        if changes != self._seen_changes:
            self._grants.clear()
            self._configured = (False, 0.0)
            self._seen_changes = changes

    async def _asks(self) -> bool:
        """Say whether access is configured."""
        now, changes = self._clock.monotonic(), self._access.changes
        if now < self._configured[1]:
            return self._configured[0]
        is_configured = await self._access.is_configured()
        if changes == self._access.changes:
            self._configured = (is_configured, now + REMEMBERED_SECONDS)
        return is_configured

    async def _grant(self, token: str) -> Grant | None:
        kind = kind_of(token)
        if kind is None:
            return None
        digest, now = digest_of(token), self._clock.monotonic()
        remembered = self._grants.get(digest)
        if remembered is None or now >= remembered.until:
            grant = await self._looked_up(digest, kind=kind, until=now + REMEMBERED_SECONDS)
        else:
            grant = remembered.grant
        return grant if grant is not None and grant.is_valid(now=self._clock.now()) else None

    async def _looked_up(self, digest: bytes, *, kind: Kind, until: float) -> Grant | None:
        changes = self._access.changes
        found = await self._access.grant(digest, kind=kind)
        if found is None:
            self._grants.pop(digest, None)
        elif changes == self._access.changes:  # else it may have been read before the change
            if len(self._grants) >= MOST_REMEMBERED:
                self._grants.clear()
            self._grants[digest] = _Remembered(found, until)
        return found


def cookie_name(kind: Kind, *, is_secure: bool) -> str:
    """Return what the cookie for this kind of token is called on this connection."""
    return f"{SECURE}{COOKIES[kind]}" if is_secure else COOKIES[kind]


def _bearer_of(request: web.Request) -> str | None:
    """Return the token of a header `Authorization: Bearer …`; its other forms are for proxies on the way."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
