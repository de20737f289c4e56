"""The interface of a store for access: who is known by which token, and the changes that operators make."""

from collections.abc import Callable, Sequence
from typing import Protocol

from collector.grants import Board, CameraAccess, Change, Grant, Kind, Person, Role


class AccessStorage(Protocol):
    """A store of tokens, people and boards, for one collector or for several."""

    @property
    def changes(self) -> int:
        """How many changes went through here: what was read before the last of them is out of date."""
        ...

    async def is_configured(self) -> bool:
        """Say whether anybody was ever given a token, a password or a link; it stays so."""
        ...

    async def grant(self, digest: bytes, *, kind: Kind) -> Grant | None:
        """Return what a token of this kind grants, also if its time is over; None if there is none of that digest."""
        ...

    async def password_of(self, name: str) -> str | None:
        """Return the hash of somebody's password."""
        ...

    async def cameras(self, *, now: int) -> Sequence[CameraAccess]:
        """Return how each camera stands with its tokens, by (site, name)."""
        ...

    async def people(self) -> Sequence[Person]:
        """Return who may log in, by name."""
        ...

    async def boards(self) -> Sequence[Board]:
        """Return the wall boards, by name."""
        ...

    async def apply(self, change: Change) -> str:
        """Make a change, on disk when this returns, and return the site it is about, if it is about one.

        Who is cancelled meanwhile waits until it is made: a logout holds though the page is gone, and nothing older is remembered.

        Raises:
            BadRequest: it is there already, or it contradicts what is stored.
            NotFound: there is nobody of that name, or, of who logs in, of that name and password.
        """
        ...


def _camera_grant(name: str, site: str, expires_at: int | None, is_paused: object) -> Grant:  # noqa: PLR0917 - a row
    return Grant(Role.agent, name, site=site, expires_at=expires_at, is_paused=bool(is_paused))


def _session_grant(role: str, name: str, site: str | None, expires_at: int) -> Grant:  # noqa: PLR0917 - a row
    return Grant(Role(role), name, site=site, expires_at=expires_at)


def _board_grant(name: str, site: str | None) -> Grant:
    return Grant(Role.viewer, name, site=site)


READ_GRANT: dict[Kind, Callable[..., Grant]] = {
    Kind.camera: _camera_grant,
    Kind.session: _session_grant,
    Kind.board: _board_grant,
}
"""What a row of either database grants."""
