"""Who may do what: roles, what each of them may, and the changes that operators make to access. Pure.

Secrets never get here. What is stored and compared is the SHA-256 of a token: it is 32 random bytes, so nobody can try them
all and a slow hash would win nothing. A password, which people choose, is stored as argon2 (`collector/passwords.py`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum


class Role(StrEnum):
    """What somebody who shows a token or a password is."""

    agent = "agent"
    """A camera: writes its own events, reads nothing."""
    viewer = "viewer"
    """Sees the factory, its workstations and cameras, and no person."""
    supervisor = "supervisor"
    """Sees persons, too."""
    admin = "admin"
    """Sees access and settings, and no person."""


PEOPLE = (Role.viewer, Role.supervisor, Role.admin)
"""The roles of those who log in."""


class Needs(Enum):
    """What a route asks of whoever calls it; every route names one of these."""

    nothing = "nothing"
    """Open to everybody who reaches the address."""
    look = "look"
    """Numbers of the factory, of workstations and cameras."""
    persons = "persons"
    """Anything from which a person can be told."""
    write = "write"
    """Sending events."""
    settings = "settings"
    """What only those who run the collector need to know."""


MAY: Mapping[Role, frozenset[Needs]] = {
    Role.agent: frozenset({Needs.nothing, Needs.write}),
    Role.viewer: frozenset({Needs.nothing, Needs.look}),
    Role.supervisor: frozenset({Needs.nothing, Needs.look, Needs.persons}),
    Role.admin: frozenset({Needs.nothing, Needs.look, Needs.settings}),
}
EVERYTHING = frozenset(Needs)


class Kind(StrEnum):
    """The kinds of tokens; each begins with its own letters, so that one that is found somewhere can be told."""

    camera = "lsc_"
    board = "lsb_"
    session = "lss_"


@dataclass(frozen=True, slots=True)
class Grant:
    """What the store knows of a token that was shown."""

    role: Role
    name: str
    """Of the camera, the person or the board."""
    site: str | None = None
    """The one site that is meant; None: every site."""
    expires_at: int | None = None
    is_paused: bool = False

    def is_valid(self, *, now: int) -> bool:
        """Say whether its time is not over."""
        return self.expires_at is None or now < self.expires_at


def kind_of(token: str) -> Kind | None:
    """Return what a text claims to be; None if it cannot be a token of ours."""
    return next((kind for kind in Kind if token.startswith(kind) and token.isascii() and len(token) <= 100), None)


def digest_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class AddCamera:
    """A camera's first token; `site` None: where it has its events, else `default_site`."""

    camera: str
    site: str | None
    default_site: str
    digest: bytes
    at: int


@dataclass(frozen=True, slots=True)
class RenewToken:
    """A further token for a camera; those it has end at `others_end_at`."""

    camera: str
    digest: bytes
    at: int
    others_end_at: int


@dataclass(frozen=True, slots=True)
class PauseCamera:
    """Take nothing from a camera and do not wait for it, or (`is_paused` False) go on."""

    camera: str
    is_paused: bool


@dataclass(frozen=True, slots=True)
class RemoveCamera:
    """Revoke all tokens of a camera; its events stay."""

    camera: str


@dataclass(frozen=True, slots=True)
class AddPerson:
    """Somebody who may log in; `password` is a hash."""

    name: str
    role: Role
    site: str | None
    password: str
    at: int


@dataclass(frozen=True, slots=True)
class NewPassword:
    """Another password for somebody, whose sessions all end."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class RemovePerson:
    """Let somebody in no more; all sessions end."""

    name: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Somebody has logged in; not who has another password by now than that which fitted, `password`, a hash."""

    name: str
    password: str
    digest: bytes
    at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Somebody has logged out."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class AddBoard:
    """A wall board with a link of its own."""

    name: str
    site: str | None
    digest: bytes
    at: int


@dataclass(frozen=True, slots=True)
class RemoveBoard:
    """Revoke a board's link."""

    name: str


Change = (
    AddCamera
    | RenewToken
    | PauseCamera
    | RemoveCamera
    | AddPerson
    | NewPassword
    | RemovePerson
    | OpenSession
    | CloseSession
    | AddBoard
    | RemoveBoard
)


@dataclass(frozen=True, slots=True)
class CameraAccess:
    """How a camera stands with its tokens."""

    site: str
    camera: str
    tokens: int
    """That are valid now."""
    newest_at: int | None
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in."""

    name: str
    role: Role
    site: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Board:
    """A wall board."""

    name: str
    site: str | None
    created_at: int
