"""Logging in and out: a page made here, without script, and a cookie that no script can read.

Safe against requests that other pages make a browser send: the cookie is `SameSite=Lax`, every request with a foreign
`Origin` is refused before it gets here, nothing is changed by GET, and events are not taken on a cookie.
"""

import asyncio
import html
from urllib.parse import parse_qs

from aiohttp import web

from collector import passwords
from collector.grants import CloseSession, Kind, Needs, OpenSession, Role, digest_of, kind_of
from collector.to_the_end import to_the_end
from collector.web.access import Viewer
from collector.web.attempts import Attempts
from collector.web.context import CLOCK, SETTINGS, STORAGE
from collector.web.doorkeeper import cookie_name
from collector.web.pages import CONTENT_SECURITY_POLICY
from collector.web.peers import Peers
from shared.clock import new_secret
from shared.errors import BadRequest, Busy, LinesideError, NotFound, TooManyAttempts
from shared.http_body import read_post
from shared.instants import SECOND

MOST_FORM_BYTES = 4_096
FORM_SECONDS = 5
"""It fits into the packet of its head."""
MOST_WAITING = 20
"""Attempts that wait for their turn; each takes some 30 ms."""
BOARD_SECONDS = 400 * 24 * 3600
"""As long as browsers keep a cookie: a board on a wall has nobody who could log in."""
DASHBOARD = "/dashboard/"
FORM = "application/x-www-form-urlencoded"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Log in – Lineside</title>
<link rel="icon" type="image/svg+xml" href="/login.svg">
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<h1>Lineside</h1>
{told}<form method="post" action="/login">
<input type="hidden" name="next" value="{further}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" maxlength="64" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="200" required>
<button>Log in</button>
</form>
</main>
</body>
</html>
"""
WRONG = "That name and password are not known here."
NOBODY_YET = "Nobody can log in yet. On the collector's machine, collector users add NAME lets somebody in."


class Logins:
    """Tries passwords, one at a time."""

    def __init__(self, attempts: Attempts, *, peers: Peers) -> None:
        self.attempts = attempts
        self.peers = peers
        self._turn = asyncio.Semaphore()
        self._waiting = 0

    async def fits(self, password: str, *, stored: str | None) -> bool:
        """Say whether a password is the stored one; who hangs up meanwhile keeps their turn until that is known.

        Raises:
            Busy: too many wait for their turn.
        """
        if self._waiting >= MOST_WAITING:
            raise Busy("too many people log in at this moment")
        self._waiting += 1
        try:
            async with self._turn:
                return await to_the_end(asyncio.to_thread(passwords.fits, password, stored=stored))
        finally:
            self._waiting -= 1


LOGINS = web.AppKey("logins", Logins)


async def show(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the page to log in on; who need not log in is led on."""
    further = _local(request.query.get("next", ""))
    if viewer.role is None and Needs.look in viewer.may:
        raise web.HTTPSeeOther(further)
    people = await request.app[STORAGE].access.people()
    return _page("" if people else NOBODY_YET, further=further)


async def enter(request: web.Request, _viewer: Viewer) -> web.Response:
    """Open a session for somebody whose name and password fit, and lead to the page they came for."""
    form = _read_form(await read_post(request, content_types=(FORM,), most=MOST_FORM_BYTES, seconds=FORM_SECONDS))
    name, password, further = form.get("name", "").strip(), form.get("password", ""), _local(form.get("next", ""))
    logins, access = request.app[LOGINS], request.app[STORAGE].access
    address = logins.peers.address_of(request)
    try:
        counted = logins.attempts.begin(name, address=address)
        stored = await access.password_of(name) if name.isprintable() else None  # a NUL is no text to PostgreSQL
        if not await logins.fits(password[: passwords.LONGEST], stored=stored) or stored is None:
            return _page(WRONG, further=further, status=401)
        token, now = Kind.session + new_secret(), request.app[CLOCK].now()
        lasts = request.app[SETTINGS].login_lasts
        await access.apply(OpenSession(name, stored, digest_of(token), now, now + lasts))
    except NotFound:  # removed, or given another password, between the two steps
        return _page(WRONG, further=further, status=401)
    except TooManyAttempts as error:
        return _told(error, further=further)
    logins.attempts.succeed(name, address=address, counted=counted)
    answer = web.HTTPSeeOther(further)
    _set_cookie(request, answer, token=token, kind=Kind.session, seconds=lasts // SECOND)
    raise answer


async def leave(request: web.Request, viewer: Viewer) -> web.Response:
    """End the session; who has none is a board, whose cookie goes. A board where somebody had logged in is a board again."""
    name = cookie_name(Kind.session, is_secure=request.app[LOGINS].peers.is_secure(request))
    token = request.cookies.get(name, "")
    answer = web.HTTPSeeOther("/login")
    # What is no session of ours is nothing to close: for a stranger nothing is written.
    has_session = kind_of(token) is Kind.session and viewer.token == digest_of(token)
    if has_session:
        await request.app[STORAGE].access.apply(CloseSession(digest_of(token)))
    _set_cookie(request, answer, token="", kind=Kind.session, seconds=0)
    if not has_session:
        _set_cookie(request, answer, token="", kind=Kind.board, seconds=0)
    raise answer


async def board(request: web.Request, _viewer: Viewer) -> web.Response:
    """Let the browser of a wall board in by its link, which is out of the address afterwards; who is logged in there stays so."""
    token = request.match_info["token"]
    grant = None
    if token.startswith(Kind.board) and token.isascii():
        grant = await request.app[STORAGE].access.grant(digest_of(token), kind=Kind.board)
    if grant is None or grant.role is not Role.viewer:
        raise NotFound("there is no such board", hint="collector boards add NAME makes a link")
    answer = web.HTTPSeeOther(f"{DASHBOARD}board")
    _set_cookie(request, answer, token=token, kind=Kind.board, seconds=BOARD_SECONDS)
    raise answer


def _page(told: str, *, further: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    note = f'<p role="alert">{html.escape(told)}</p>\n' if told else ""
    text = PAGE.format(told=note, further=html.escape(further))
    manners = {"Content-Security-Policy": CONTENT_SECURITY_POLICY} | (headers or {})
    if status == 401:
        manners["WWW-Authenticate"] = 'Bearer realm="lineside"'
    return web.Response(text=text, content_type="text/html", status=status, headers=manners)


def _told(error: LinesideError, *, further: str) -> web.Response:
    retry = {"Retry-After": str(error.retry_after_seconds)}
    return _page(f"{error} Wait a minute.", further=further, status=error.http_status, headers=retry)


def _read_form(body: bytes) -> dict[str, str]:
    try:
        members = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    except ValueError as error:
        raise BadRequest("the form has too many fields") from error
    return {name: values[0] for name, values in members.items()}


def _local(further: str) -> str:
    r"""Return a page of the dashboard and nothing else: no link to a login leads to strangers afterwards.

    >>> _local("/dashboard/workers?site=a"), _local("//evil.example/"), _local("/dashboard/../\\evil")
    ('/dashboard/workers?site=a', '/dashboard/', '/dashboard/')
    """
    is_ours = further.startswith(DASHBOARD) and further.isascii() and further.isprintable()
    return further if is_ours and "\\" not in further and ".." not in further else DASHBOARD


def _set_cookie(request: web.Request, answer: web.HTTPException, *, token: str, kind: Kind, seconds: int) -> None:
    is_secure = request.app[LOGINS].peers.is_secure(request)
    answer.set_cookie(
        cookie_name(kind, is_secure=is_secure),
        token,
        max_age=seconds,
        path="/",
        httponly=True,
        secure=is_secure,
        samesite="Lax",
    )
