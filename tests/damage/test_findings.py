"""What lies at the queue's place is judged by its first bytes, and only what is ours is ever written."""

import pytest

from edge_agent.buffer.findings import APPLICATION_ID, MAGIC, Finding, Look, judge

VERSION = 2
_FIRST = (MAGIC + bytes([16, 0, 2, 2, 0, 64, 32, 32])).ljust(47, b"\0") + b"\4".ljust(13, b"\0")
"""What every queue file begins with."""


def header(*, application: int = APPLICATION_ID, version: int = VERSION) -> bytes:
    """The first hundred bytes of a database."""
    return b"".join((_FIRST, version.to_bytes(4), b"\0" * 4, application.to_bytes(4))).ljust(100, b"\0")


@pytest.mark.parametrize(
    ("look", "finding", "why"),
    [
        (Look(None, has_log=False), Finding.absent, ""),
        (Look(None, has_log=True), Finding.damaged, "it is missing but its log is there"),
        (Look(b"", has_log=False), Finding.damaged, "it is empty"),
        (Look(b"", has_log=True), Finding.damaged, "it is empty"),
        (Look(b"timestamp,worker\n" * 9, has_log=False), Finding.damaged, "it is no SQLite database"),
        (Look(MAGIC, has_log=False), Finding.damaged, "it is no SQLite database"),
        (Look(None, has_log=False, instead="a directory"), Finding.foreign, "it is a directory"),
        (Look(None, has_log=True, instead="a directory"), Finding.foreign, "it is a directory"),
        (Look(None, has_log=True, is_unreadable=True), Finding.damaged, "its beginning cannot be read"),
        (Look(header(), has_log=True), Finding.ours, ""),
        (Look(header(version=1), has_log=False), Finding.ours, ""),
        (Look(header(version=3), has_log=False), Finding.newer, "its schema 3 is newer than the 2 known here"),
        (
            Look(header(version=3), has_log=False, migrations=3),
            Finding.newer,
            "its schema 3 is newer than the 2 known here",
        ),
        (Look(header(), has_log=True, version_in_log=3), Finding.newer, "its schema 3 is newer than the 2 known here"),
        (Look(header(version=3), has_log=False, migrations=2), Finding.damaged, "its header is damaged"),
        (Look(header().replace(b"\2\2", b"\2\3"), has_log=False), Finding.damaged, "its header is damaged"),
        (Look(header().replace(b"\2\2", b"\1\1"), has_log=False), Finding.ours, ""),
        (Look(header().replace(b"\4", b"\0"), has_log=False), Finding.damaged, "its header is damaged"),
        (Look(header(application=0), has_log=False), Finding.foreign, "it belongs to another program"),
        (Look(header(application=0), has_log=False, is_like_ours=True), Finding.damaged, "its header is damaged"),
    ],
    ids=lambda value: value.name if isinstance(value, Finding) else None,
)
def test_a_file_is_judged_without_opening_it(look: Look, finding: Finding, why: str) -> None:
    """A table of all that can be there."""

    assert (finding, why) == judge(look, known_version=VERSION)
