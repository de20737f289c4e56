"""Addresses of databases: what of them is shown, and that of a wrongly written one nothing is."""

import pytest

from collector.storage.postgres.address import check_address, shown, without_password
from shared.errors import StorageUnusable
from tests.support.invoked import invoked_collector

TORN = (
    "postgresql://lineside:sec/ret@db.example/lineside",
    "postgresql://lineside:12/34@db.example/lineside",
    "postgresql://lineside:sec?ret@db.example/lineside",
    "postgresql://lineside:sec#ret@db.example/lineside",
    "postgresql://lineside:sec@ret@db.example/lineside",
    "postgresql://lineside:sec[ret@db.example/lineside",
    "postgresql://lineside:sec\N{ACCOUNT OF}ret@db.example/lineside",
    "postgresql://lineside:12?sec=34@db.example/lineside",
    "postgresql://lineside:12/34?sec=ret@db.example/lineside",
    "postgresql://lineside:secret",
    "postgresql://lineside@db1,db2:543x/lineside",
    "postgresql://lineside@db.example:99999/lineside",
    "postgresql://lineside@db.example/lineside?port=543x",
    "postgresql://lineside@db.example/lineside?sslmode",
)
WHOLE = (
    ("postgresql://lineside:s%2Fcret@db.example/lineside", "postgresql://lineside@db.example/lineside"),
    ("postgresql://lineside:secret@[::1]:5433,db2/lineside", "postgresql://lineside@[::1]:5433,db2/lineside"),
    ("postgresql:///lineside?host=/run/db,db2&port=5432,5433", "postgresql:///lineside"),
    ("postgres://%2Frun%2Fdb:5433/lineside?sslpassword=secret", "postgres://%2Frun%2Fdb:5433/lineside"),
    ("postgresql://lineside:secret@db1:,[::1]:/lineside", "postgresql://lineside@db1:,[::1]:/lineside"),
    ("postgresql://db.example/lineside?user=me@corp", "postgresql://…"),
    ("postgresql://db.example?passfile=/etc/me@corp/pgpass", "postgresql://…"),
)


@pytest.mark.parametrize("url", TORN)
def test_a_torn_address_is_refused_and_none_of_it_is_shown(url: str) -> None:
    """A piece of a password may lie anywhere in it; the message says how one is written."""
    with pytest.raises(StorageUnusable, match=r"^postgresql://… is no address .* %2F ") as told:
        check_address(url)

    assert "postgresql://…" == shown(url) == without_password(url)
    assert not any(piece in str(told.value) for piece in ("sec", "ret", "12", "34", "lineside"))


@pytest.mark.parametrize(("url", "expected"), WHOLE)
def test_a_whole_address_is_used_as_it_was(url: str, expected: str) -> None:
    """Shown but for its password, and for settings; where an `@` is in those, none of it."""
    check_address(url)

    assert expected == shown(url)
    assert "secret" not in without_password(url)


@pytest.mark.parametrize("arguments", [("status",), ("db", "backup", "copy"), ("events",)], ids=" ".join)
async def test_commands_show_none_of_a_torn_address(arguments: tuple[str, ...]) -> None:
    """Nor look for a host by the name of its pieces."""
    told = await invoked_collector(*arguments, "--database", "postgresql://lineside:sec?ret@db.example/lineside")

    assert (7, True) == (told.code, "%3F" in told.err), told.out + told.err
    assert "ret@" not in told.out + told.err
    assert "lineside:" not in told.out + told.err
