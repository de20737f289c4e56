"""Keeps web pages of strangers away from a server that trusts whoever reaches it, the same at both programs.

A page that happens to be open on this machine may send requests to loopback, too. A browser tells on it: by an `Origin`
that is not the server's own, or, where a name was made to point here (DNS rebinding), by a `Host` that is none of ours.
"""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from shared.errors import ForeignOrigin

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def allowed_hosts(listen_host: str) -> frozenset[str]:
    """Return the names under which a server on this address may be addressed."""
    return LOOPBACK_NAMES | {listen_host.lower()}


def refuse_strangers(
    hosts: frozenset[str] | None,
    *,
    program: str,
    scheme_of: Callable[[web.Request], str] = lambda request: request.scheme,
    is_forwarded: Callable[[web.Request], bool] = lambda _: False,
) -> Middleware:
    """Return what refuses foreign origins, and hosts other than these (None: any), with 403.

    `scheme_of` says what a browser takes the scheme to be; what `is_forwarded` by a trusted proxy may be for any host.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if hosts is not None and not is_forwarded(request) and _host_name(request.host) not in hosts:
            raise ForeignOrigin(
                f"this address is not one of the {program}'s",
                hint="call 127.0.0.1, let a proxy pass that on as Host, or run with --open",
            )
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() != f"{scheme_of(request)}://{request.host}".lower():
            raise ForeignOrigin(f"a web page of another origin may not use the {program}")
        return await handler(request)

    return check


def _host_name(host: str) -> str:
    try:
        return URL(f"http://{host}").host or ""
    except ValueError:
        return ""
