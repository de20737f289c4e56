"""The errors that a person or another program gets to see.

One root. The docstring of a class is its message unless a better one is given; `hint` is the next step for the
operator, `http_status` what a server answers, `exit_code` what a command ends with (0 done, 1 failed, 2 usage,
3 degraded, 4 not authorised, 5 other side unreachable, 6 file held, 7 storage, 130 interrupted).
"""

from typing import ClassVar


class LinesideError(Exception):
    """The operation failed."""

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retry_after_seconds: ClassVar[int | None] = None
    code: ClassVar[str | None] = None
    """For programs: a reject code of SEMANTICS §7, where a whole body is refused for what an item could be rejected for, or
    why a question has no answer."""

    def __init__(
        self, message: str | None = None, *, hint: str = "", field: str | None = None, index: int | None = None
    ) -> None:
        """Tell what is wrong.

        `field` names what is at fault: a parameter, or a member with those it lies in, such as `agent.seqs`; `index` says
        which entry of it, where it is an array.
        """
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.hint = hint
        self.field = field
        self.index = index

    def members(self) -> dict[str, str | int]:
        """Return what an answer tells programs beside the message."""
        told = {"code": self.code, "field": self.field, "index": self.index}
        return {name: value for name, value in told.items() if value is not None}

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message} ({self.hint})" if self.hint else message


class BadRequest(LinesideError):
    """The request cannot be understood."""

    http_status = 400
    exit_code = 2


class BeforeHorizon(BadRequest):
    """What was asked for is no longer kept as finely as it was asked for."""

    code = "before_horizon"


class NotFound(LinesideError):
    """There is nothing of that name."""

    http_status = 404


class BodyTooSlow(LinesideError):
    """The body did not arrive in time."""

    http_status = 408


class BodyTooLarge(LinesideError):
    """The body is larger than one request may be."""

    http_status = 413


class UnsupportedBody(LinesideError):
    """The body is not JSON, plain or gzip."""

    http_status = 415


class ProtocolTooNew(LinesideError):
    """The sender speaks a newer protocol than this program."""

    http_status = 426


class NotKnown(LinesideError):
    """Nobody is known by what was shown."""

    http_status = 401
    exit_code = 4


class WrongCamera(LinesideError):
    """Events of this camera may not be sent by this sender."""

    code = "wrong_camera"
    http_status = 403
    exit_code = 4


class CameraPaused(LinesideError):
    """An operator has paused this camera; its events may stay where they are."""

    code = "camera_paused"
    http_status = 403
    exit_code = 4


class NotAllowed(LinesideError):
    """This is not for whoever asked."""

    http_status = 403
    exit_code = 4


class ForeignOrigin(LinesideError):
    """A page of another origin may not use this address."""

    http_status = 403
    exit_code = 4


class TooOften(LinesideError):
    """Too many requests in too short a time; nothing of this one was kept."""

    http_status = 429
    retry_after_seconds = 1


class TooManyAttempts(TooOften):
    """Too many wrong passwords in too short a time."""

    exit_code = 4
    retry_after_seconds = 60


class Busy(LinesideError):
    """The store is busy; nothing of this request was kept."""

    http_status = 503
    exit_code = 7
    retry_after_seconds = 5


class StoreTooSlow(Busy):
    """The store has not done it in time; nothing of this request was kept, and less at a time may pass."""

    code = "store_too_slow"
    retry_after_seconds = 1  # less comes then, and who waited in line has waited long enough


class StorageFull(LinesideError):
    """There is no room left; nothing of this request was kept."""

    http_status = 507
    exit_code = 7
    retry_after_seconds = 30


class StorageUnusable(LinesideError):
    """The file cannot be used as a store."""

    exit_code = 7


class DiskFailed(StorageUnusable):
    """The disk did not do what it was told, or does not let us write; nothing of this request was kept."""

    http_status = 503
    retry_after_seconds = 5


class FileHeld(LinesideError):
    """Another process holds the file."""

    exit_code = 6


class SettingsInvalid(LinesideError):
    """The settings have mistakes."""

    exit_code = 2


class Unreachable(LinesideError):
    """The other side cannot be reached."""

    exit_code = 5


class NotAuthorised(LinesideError):
    """The other side does not accept who we are."""

    http_status = 403
    exit_code = 4
