"""What both stores say of a change to access that cannot be made."""

from shared.errors import BadRequest, NotFound


def has_token(camera: str) -> BadRequest:
    """Return the refusal to add a camera that may send already."""
    return BadRequest(f"camera {camera} has a token already", hint=f"collector cameras token {camera} makes another")


def lives_elsewhere(camera: str, *, home: str, asked: str) -> BadRequest:
    """Return the refusal to add a camera at another site than that of its events."""
    return BadRequest(
        f"camera {camera} has its events at site {home}, not at {asked}",
        hint="leave --site out, or rename the site with collector sites rename",
    )


def is_taken(kind: str, name: str) -> BadRequest:
    """Return the refusal of a second user or board of one name."""
    return BadRequest(f"there is a {kind} {name} already", hint="remove that one first, or choose another name")


def unknown_camera(name: str) -> NotFound:
    """Return the refusal to change a camera that nobody knows."""
    return NotFound(f"there is no camera {name}", hint=f"collector cameras add {name} makes it known")


def unknown(kind: str, name: str) -> NotFound:
    """Return the refusal to change a user or board that there is not."""
    return NotFound(f"there is no {kind} {name}")
