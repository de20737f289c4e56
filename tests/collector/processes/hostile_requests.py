"""A hostile request: bytes on a socket, and the one status that comes of it."""

from dataclasses import dataclass

TIMES = {"timestamp": "2026-01-15T10:00:00Z", "worker_id": "W1", "workstation_id": "S1", "event_type": "working"}


@dataclass(frozen=True)
class Hostile:
    """One attempt."""

    name: str
    content: bytes
    status: int
    """What is documented for it; each gets an answer, and then the connection ends."""


def post(token: str | None, body: bytes, *, target: str = "/api/app/", **headers: str) -> bytes:
    """Return a POST of a body; whoever shows no token shows no header for one."""
    named = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    named |= {} if token is None else {"Authorization": f"Bearer {token}"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}\r\n".encode() + body


def get(token: str, target: str, more: bytes = b"") -> bytes:
    """Return a GET, with more lines of its head."""
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
    return head.encode("utf-8", "surrogatepass") + more + b"\r\n"
