"""Who is asking. Every handler gets a `Viewer` and shows what it may show.

While access is not configured the one viewer may do everything; the collector then listens on loopback only.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from shared.errors import WrongCamera


@dataclass(frozen=True, slots=True)
class Viewer:
    """What somebody may see and do."""

    sites: Sequence[str] | None = None
    """None: every site."""
    may_see_persons: bool = True
    may_write_camera: str | None = None
    """The one camera whose events may be sent; None: any."""

    def camera_written(self, named: str | None) -> str | None:
        """Return the camera whose events somebody sends who calls it so (None: by no name).

        Raises:
            WrongCamera: it is not the one camera that may be written.
        """
        if self.may_write_camera is None or named == self.may_write_camera:
            return named
        if named is None:
            return self.may_write_camera
        raise WrongCamera(f"events of {named!r} may not be sent by {self.may_write_camera!r}")

    def sites_seen(self, asked: str | None) -> Sequence[str] | None:
        """Return the sites an answer is about, given the one that was asked for; None: every site."""
        if asked is None:
            return self.sites
        return [asked] if self.sites is None or asked in self.sites else []


def anyone(_request: web.Request) -> Viewer:
    """Return the one viewer there is while access is not configured."""
    return Viewer()


ViewerOf = Callable[[web.Request], Viewer]
Shown = Callable[[web.Request, Viewer], Awaitable[web.StreamResponse]]
"""A handler that is told who is asking."""
VIEWER_OF: web.AppKey[ViewerOf] = web.AppKey("viewer_of")


def shown(handler: Shown) -> Handler:
    """Return a handler as the framework wants it: who is asking is found out here, once, for every address."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request, request.app[VIEWER_OF](request))

    return answer
