"""What every store keeps of access: tokens, people, sessions and boards, across restarts."""

from collections.abc import Awaitable, Callable

import pytest

from collector.grants import (
    AddBoard,
    AddCamera,
    AddPerson,
    Board,
    CameraAccess,
    Change,
    CloseSession,
    Grant,
    Kind,
    NewPassword,
    OpenSession,
    PauseCamera,
    Person,
    RemoveBoard,
    RemoveCamera,
    RemovePerson,
    RenewToken,
    Role,
    digest_of,
)
from collector.storage.base import Storage
from shared.errors import BadRequest, NotFound
from shared.instants import HOUR
from tests.support.collector import NOON_AFTER, decide, delivery, event

Open = Callable[[], Awaitable[Storage]]
ONE, TWO, THREE = digest_of("lsc_one"), digest_of("lsc_two"), digest_of("lsc_three")
ADD = AddCamera("C1", "north", "default", ONE, NOON_AFTER)
PERSON = AddPerson("amit", Role.supervisor, None, "a hash", NOON_AFTER)


async def made(storage: Storage, *changes: Change) -> None:
    """Make changes, one after the other."""
    for change in changes:
        await storage.access.apply(change)


async def test_a_new_store_asks_for_nothing_and_one_that_asked_does_so_for_ever(open_again: Open) -> None:
    """Also once the last token is gone, and after a restart."""
    storage = await open_again()
    before = await storage.access.is_configured()
    await made(storage, ADD, RemoveCamera("C1"))
    storage = await open_again()

    assert (False, True) == (before, await storage.access.is_configured())


@pytest.mark.parametrize(
    "first", [ADD, PERSON, AddBoard("hall", None, ONE, NOON_AFTER)], ids=["camera", "person", "board"]
)
async def test_whatever_comes_first_closes_the_door(storage: Storage, first: Change) -> None:
    """A camera, a person or a board."""
    await made(storage, first)

    assert await storage.access.is_configured()


async def test_a_token_grants_its_camera_at_its_site(open_again: Open) -> None:
    """After a restart, too; the same digest of another kind grants nothing."""
    await made(await open_again(), ADD)
    access = (await open_again()).access

    assert Grant(Role.agent, "C1", site="north") == await access.grant(ONE, kind=Kind.camera)
    assert [None] * 3 == [
        await access.grant(TWO, kind=Kind.camera),
        await access.grant(ONE, kind=Kind.board),
        await access.grant(ONE, kind=Kind.session),
    ]


async def test_tokens_overlap_until_the_older_ones_end(storage: Storage) -> None:
    """A third one does not prolong the first; those that have ended are forgotten at the next."""
    await made(
        storage,
        ADD,
        RenewToken("C1", TWO, NOON_AFTER, NOON_AFTER + HOUR),
        RenewToken("C1", THREE, NOON_AFTER + 1, NOON_AFTER + 2 * HOUR),
    )
    ends = [
        grant and grant.expires_at
        for grant in [await storage.access.grant(one, kind=Kind.camera) for one in (ONE, TWO, THREE)]
    ]
    counted = [
        (await storage.access.cameras(now=now))[0].tokens
        for now in (NOON_AFTER, NOON_AFTER + HOUR, NOON_AFTER + 2 * HOUR)
    ]

    assert [NOON_AFTER + HOUR, NOON_AFTER + 2 * HOUR, None] == ends
    assert [3, 2, 1] == counted


async def test_a_camera_that_waits_for_its_first_event_is_where_its_token_says(storage: Storage) -> None:
    """A delivery that comes under the settings' site does not move it."""
    await made(storage, ADD)
    await storage.store([delivery(event("10:00", "W1", "working"), site="south", camera="C1")], decide=decide)

    assert [("north", "C1")] == [(camera.site, camera.name) for camera in await storage.cameras()]


async def test_a_pause_is_told_of_the_camera_and_in_its_grant(storage: Storage) -> None:
    """And so is its end; adding a removed camera anew ends its pause."""
    await made(storage, ADD, PauseCamera("C1", is_paused=True))
    grant = await storage.access.grant(ONE, kind=Kind.camera)
    paused = [camera.is_paused for camera in await storage.cameras()]
    await made(storage, PauseCamera("C1", is_paused=False))
    after = [camera.is_paused for camera in await storage.cameras()]

    assert (True, [1], [0]) == (grant is not None and grant.is_paused, paused, after)


async def test_a_removed_camera_keeps_its_events_and_one_without_any_is_gone(storage: Storage) -> None:
    """What was delivered has a camera for ever; nobody waits for it."""
    await storage.store([delivery(event("10:00", "W1", "working"), site="north", camera="C1")], decide=decide)
    await made(storage, ADD, AddCamera("C2", None, "south", TWO, NOON_AFTER), RemoveCamera("C1"), RemoveCamera("C2"))

    assert [CameraAccess("north", "C1", 0, None, is_paused=True)] == list(await storage.access.cameras(now=NOON_AFTER))
    assert None is await storage.access.grant(ONE, kind=Kind.camera)
    await made(storage, AddCamera("C1", None, "default", THREE, NOON_AFTER))
    assert [CameraAccess("north", "C1", 1, NOON_AFTER, is_paused=False)] == list(
        await storage.access.cameras(now=NOON_AFTER)
    )


async def test_a_session_is_its_persons(open_again: Open) -> None:
    """With role and site, until it is closed; it does not outlive a password or a person."""
    storage = await open_again()
    await made(storage, AddPerson("amit", Role.viewer, "north", "a hash", NOON_AFTER))
    await made(storage, *(OpenSession("amit", "a hash", one, NOON_AFTER, NOON_AFTER + HOUR) for one in (ONE, TWO)))
    storage = await open_again()
    found = await storage.access.grant(ONE, kind=Kind.session)
    await made(storage, CloseSession(ONE))
    closed = [await storage.access.grant(one, kind=Kind.session) for one in (ONE, TWO)]
    await made(storage, NewPassword("amit", "another"))

    assert Grant(Role.viewer, "amit", site="north", expires_at=NOON_AFTER + HOUR) == found
    assert (None, True) == (closed[0], closed[1] is not None)
    assert (None, "another") == (
        await storage.access.grant(TWO, kind=Kind.session),
        await storage.access.password_of("amit"),
    )
    assert [Person("amit", Role.viewer, "north", NOON_AFTER)] == list(await storage.access.people())
    await made(storage, OpenSession("amit", "another", THREE, NOON_AFTER, NOON_AFTER + HOUR), RemovePerson("amit"))
    assert None is await storage.access.grant(THREE, kind=Kind.session)


async def test_sessions_do_not_pile_up(storage: Storage) -> None:
    """Those that have ended go at the next login, and of one person's there are at most twenty: the oldest makes way."""
    await made(storage, PERSON, OpenSession("amit", "a hash", ONE, NOON_AFTER, NOON_AFTER + 1))
    digests = [digest_of(f"lss_{number}") for number in range(25)]
    for number, digest in enumerate(digests):
        await made(storage, OpenSession("amit", "a hash", digest, NOON_AFTER + 1, NOON_AFTER + HOUR + number))
    there = [await storage.access.grant(digest, kind=Kind.session) is not None for digest in (ONE, *digests)]

    assert [False] * 6 + [True] * 20 == there


async def test_a_board_has_a_link_until_it_is_removed(storage: Storage) -> None:
    """It grants what a viewer may, at its site."""
    await made(storage, AddBoard("hall", "north", ONE, NOON_AFTER))
    found, listed = await storage.access.grant(ONE, kind=Kind.board), list(await storage.access.boards())
    await made(storage, RemoveBoard("hall"))

    assert (Grant(Role.viewer, "hall", site="north"), [Board("hall", "north", NOON_AFTER)]) == (found, listed)
    assert (None, []) == (await storage.access.grant(ONE, kind=Kind.board), list(await storage.access.boards()))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (ADD, BadRequest),
        (PERSON, BadRequest),
        (AddBoard("hall", None, TWO, NOON_AFTER), BadRequest),
        (RenewToken("C9", TWO, NOON_AFTER, NOON_AFTER), NotFound),
        (PauseCamera("C9", is_paused=True), NotFound),
        (RemoveCamera("C9"), NotFound),
        (NewPassword("nobody", "x"), NotFound),
        (RemovePerson("nobody"), NotFound),
        (OpenSession("nobody", "a hash", TWO, NOON_AFTER, NOON_AFTER), NotFound),
        (OpenSession("amit", "the hash before", TWO, NOON_AFTER, NOON_AFTER), NotFound),
        (RemoveBoard("no board"), NotFound),
    ],
    ids=str,
)
async def test_what_contradicts_what_is_there_changes_nothing(
    storage: Storage, change: Change, kind: type[Exception]
) -> None:
    """Neither twice the same name nor anything of nobody."""
    await made(storage, ADD, PERSON, AddBoard("hall", None, THREE, NOON_AFTER))
    with pytest.raises(kind):
        await storage.access.apply(change)

    assert (1, 1, 1) == (
        len(await storage.access.cameras(now=NOON_AFTER)),
        len(await storage.access.people()),
        len(await storage.access.boards()),
    )


async def test_every_change_is_counted(storage: Storage) -> None:
    """Whoever remembers what was read knows by that when to ask again."""
    before = storage.access.changes
    await made(storage, ADD, PERSON)

    assert before + 2 <= storage.access.changes
