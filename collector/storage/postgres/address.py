"""The address of a PostgreSQL database: what of it people may read, and what is wrong with it.

A character of a password that is not percent-escaped tears an address apart, and pieces of the password lie where a host, a
port, a database or a setting is looked for. Nothing of such an address is shown.
"""

from urllib.parse import SplitResult, parse_qs, urlsplit

from shared.errors import StorageUnusable

HIDDEN = "postgresql://…"
_SECRET = ("password=", "passfile=", "sslpassword=")
_WITH_AT = ("user", "password", "passfile", "host", "sslcert", "sslkey", "sslpassword", "sslrootcert")
"""Settings that an `@` may stand in; after any other name it is the one behind a password, torn by a `?` and a `=`."""
_MOST = 65_535
"""The greatest port."""


def check_address(url: str) -> None:
    """Let an address pass that can be read.

    Raises:
        StorageUnusable: it cannot, and how a password is written.
    """
    if (fault := _fault(url)) is not None:
        raise StorageUnusable(
            f"{HIDDEN} is no address of a database: {fault}",
            hint="in a name or a password / ? # [ ] @ : % are written %2F %3F %23 %5B %5D %40 %3A %25; "
            "or leave it to PGPASSWORD or ~/.pgpass",
        )


def shown(url: str) -> str:
    """Return an address without its password, for people to read.

    >>> shown("postgresql://lineside:secret@db1,db2:5433/lineside?target_session_attrs=read-write")
    'postgresql://lineside@db1,db2:5433/lineside'
    >>> shown("postgresql://lineside:sec/ret@db1/lineside")
    'postgresql://…'
    """
    if not _may_be_shown(url):
        return HIDDEN
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    name = user.split(":", maxsplit=1)[0]
    return f"{parts.scheme}://{name}{'@' if name else ''}{hosts}{parts.path}"


def without_password(url: str) -> str:
    """Return an address that another program can be called with, without its password.

    >>> without_password("postgresql://lineside:secret@db1,db2:5433/lineside?target_session_attrs=read-write")
    'postgresql://lineside@db1,db2:5433/lineside?target_session_attrs=read-write'
    """
    if not _may_be_shown(url):
        return HIDDEN
    query = [part for part in urlsplit(url).query.split("&") if part and not part.startswith(_SECRET)]
    return shown(url) + ("?" + "&".join(query) if query else "")


def _may_be_shown(url: str) -> bool:
    # An `@` may stand in a setting (`user=me@corp`), but a password may have brought it there as well.
    return _fault(url) is None and "@" not in urlsplit(url).query


def _fault(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        settings = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        return "it cannot be taken apart"
    torn = [part for part in parts.query.split("&") if "@" in part and part.partition("=")[0] not in _WITH_AT]
    if torn or parts.netloc.count("@") > 1 or "@" in parts.path + parts.fragment:
        return "there is an @ where none may be"
    if not all(map(_is_port, _ports(parts, settings))):
        return "a port is no number, or too great a one"
    return None


def _ports(parts: SplitResult, settings: dict[str, list[str]]) -> list[str]:
    hosts = [host.rpartition("]")[2] for host in parts.netloc.rpartition("@")[2].split(",")]
    told = [host.partition(":")[2] for host in hosts]
    return [*filter(None, told), *(port for each in settings.get("port", []) for port in each.split(","))]


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= _MOST
