"""The dashboard's pages and files, put together and compressed once and served from memory.

No path of a request ever reaches the file system. A page is `frame.html` around the file of its own name; the browser's
scripts read from the address what it is about. Every page has one ETag for all files, so a page that compares it learns of
an upgrade. The policy has no exception: no inline script or style, no other origin, and no text that becomes markup.
"""

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web
from yarl import URL

from collector.web.access import Viewer
from collector.web.manners import takes_gzip
from collector.web.unchanged import is_known
from collector.web.without_comments import without_comments

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HTML = "text/html"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FRAME = "frame.html"
TITLES = {
    "floor": "Floor",
    "worker": "Worker",
    "station": "Workstation",
    "hours": "Hours",
    "cameras": "Cameras",
    "board": "Board",
    "data": "Data",
}
"""By the names of the pages' files."""
ADDRESSES = {"": "floor", "hours": "hours", "cameras": "cameras", "board": "board", "data": "data"}
"""Below `/dashboard/`; workers and workstations have addresses of their own."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent."""

    content: bytes
    compressed: bytes
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Files:
    """All that the dashboard consists of."""

    pages: dict[str, File]
    """By name."""
    parts: dict[str, File]
    """Scripts, styles and pictures by their file names."""


PAGES = web.AppKey("pages", Files)


def read_pages() -> Files:
    """Return the dashboard's files as they are sent."""
    there = [file for file in files("collector.dashboard").iterdir() if file.is_file()]
    sources = {file.name: without_comments(file.name, file.read_bytes()) for file in there}
    everything = hashlib.sha256(b"".join(name.encode() + sources[name] for name in sorted(sources))).hexdigest()[:16]
    parts = {}
    for name, content in sources.items():
        content_type = _TYPES.get(name[name.rfind(".") :])
        if content_type is not None:
            parts[name] = _file(content, content_type=content_type, etag=hashlib.sha256(content).hexdigest()[:16])
    frame = sources[_FRAME].decode()
    pages = {
        name: _file(
            _framed(name, frame=frame, content=sources[f"{name}.html"].decode()), content_type=HTML, etag=everything
        )
        for name in TITLES
        if f"{name}.html" in sources
    }
    return Files(pages, parts)


async def page(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send the page or the file of a name; what is unchanged is not sent again."""
    name = request.match_info.get("name", "")
    there = request.app[PAGES]
    return _answer(request, there.pages.get(ADDRESSES.get(name, "")) or there.parts.get(name))


async def worker(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send the page about a worker; its scripts read from the address whom it is about."""
    return _answer(request, request.app[PAGES].pages.get("worker"))


async def station(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send the page about a workstation, likewise."""
    return _answer(request, request.app[PAGES].pages.get("station"))


async def login_style(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send the look of the page to log in, which strangers see; all other files are for those who are known."""
    return _answer(request, request.app[PAGES].parts.get("login.css"))


async def login_icon(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send its icon, which browsers would look for elsewhere."""
    return _answer(request, request.app[PAGES].parts.get("icon.svg"))


async def to_dashboard(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send people who come to an old or a short address to the dashboard."""
    query = request.rel_url.raw_query_string
    raise web.HTTPFound(URL(f"/dashboard/?{query}" if query else "/dashboard/", encoded=True))


def _framed(name: str, *, frame: str, content: str) -> bytes:
    return frame.replace("{name}", name).replace("{title}", TITLES[name]).replace("{content}", content).encode()


def _file(content: bytes, *, content_type: str, etag: str) -> File:
    return File(content, gzip.compress(content, mtime=0), content_type, etag)


def _answer(request: web.Request, found: File | None) -> web.Response:
    if found is None:
        raise web.HTTPNotFound
    headers = {
        # Weak: the same file may be plain or compressed.
        "ETag": f'W/"{found.etag}"',
        "Cache-Control": "no-cache",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Vary": "Accept-Encoding",
    }
    if is_known(request, found.etag):
        return web.Response(status=304, headers=headers)
    if takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=found.compressed, content_type=found.content_type, charset="utf-8", headers=headers)
    return web.Response(body=found.content, content_type=found.content_type, charset="utf-8", headers=headers)
