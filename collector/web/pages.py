"""The dashboard's files, read once and served from memory: no path of a request ever reaches the file system."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web
from yarl import URL

from collector.web.access import Viewer

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent."""

    content: bytes
    content_type: str
    etag: str


PAGES = web.AppKey("pages", dict[str, Page])


def read_pages() -> dict[str, Page]:
    """Return the dashboard's files by name; `""` is the page itself."""
    pages = {}
    for file in files("collector.dashboard").iterdir():
        suffix = file.name[file.name.rfind(".") :]
        if suffix in _TYPES:
            content = file.read_bytes()
            pages[file.name] = Page(content, _TYPES[suffix], hashlib.sha256(content).hexdigest()[:16])
    if "index.html" in pages:
        pages[""] = pages["index.html"]
    return pages


async def page(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send a file of the dashboard; an unchanged one is not sent again."""
    return _file(request, request.match_info.get("name", ""))


async def login_style(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send the look of the page to log in, which strangers see; all other files are for those who are known."""
    return _file(request, "login.css")


async def to_dashboard(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send people who come to an old or a short address to the dashboard."""
    query = request.rel_url.raw_query_string
    raise web.HTTPFound(URL(f"/dashboard/?{query}" if query else "/dashboard/", encoded=True))


async def login_icon(request: web.Request, _viewer: Viewer) -> web.Response:
    """Send its icon, which browsers would look for elsewhere."""
    return _file(request, "icon.svg")


def _file(request: web.Request, name: str) -> web.Response:
    found = request.app[PAGES].get(name)
    if found is None:
        raise web.HTTPNotFound
    headers = {
        "ETag": f'"{found.etag}"',
        "Cache-Control": "no-cache",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    }
    if found.etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    return web.Response(body=found.content, content_type=found.content_type, charset="utf-8", headers=headers)
