"""Access in a store: who is known by which token, and what each change does, also to where cameras are."""

from dataclasses import replace

import pytest

from collector.grants import (
    AddBoard,
    AddCamera,
    AddPerson,
    Change,
    CloseSession,
    Grant,
    Kind,
    NewPassword,
    OpenSession,
    PauseCamera,
    RemoveBoard,
    RemoveCamera,
    RemovePerson,
    RenewToken,
    Role,
    digest_of,
)
from collector.storage.access_changes import MOST_SESSIONS
from collector.storage.base import Storage
from shared.errors import BadRequest, LinesideError, NotFound
from tests.collector.contract.conftest import Open
from tests.support.collector import contact, decide, delivery, event

A, B, C = (digest_of(each) for each in "abc")
CAMERA = AddCamera("C1", None, "default", A, at=1)
PERSON = AddPerson("ann", Role.supervisor, "north", "hash", at=1)
SESSION = OpenSession("ann", "hash", A, at=1, expires_at=100)
BOARD = AddBoard("hall", None, A, at=1)


async def make(storage: Storage, *changes: Change) -> list[str]:
    """Make changes one after the other; return the sites they are about."""
    return [await storage.access.apply(change) for change in changes]


async def sites_of(storage: Storage) -> dict[str, str]:
    """Return where each camera is."""
    return {camera.name: camera.site for camera in await storage.cameras()}


async def test_nothing_is_configured_until_somebody_is_given_something(open_again: Open) -> None:
    """And it stays so, whoever is taken away, also after a restart."""
    storage = await open_again()
    before = await storage.access.is_configured()
    await make(storage, PERSON)
    during = await storage.access.is_configured()
    await make(storage, RemovePerson("ann"))
    storage = await open_again()

    assert (False, True, True) == (before, during, await storage.access.is_configured())
    assert [] == list(await storage.access.people())


async def test_a_token_grants_its_camera_at_its_site(open_again: Open) -> None:
    """Of its own kind and no other; renewed, the old one ends when the change says."""
    storage = await open_again()
    told = await make(storage, replace(CAMERA, site="north"), RenewToken("C1", B, at=5, others_end_at=9))
    storage = await open_again()
    grants = [await storage.access.grant(digest, kind=Kind.camera) for digest in (A, B, C)]

    assert ["north", "north"] == told
    assert [
        Grant(Role.agent, "C1", site="north", expires_at=9),
        Grant(Role.agent, "C1", site="north"),
        None,
    ] == grants
    assert [None, None] == [await storage.access.grant(A, kind=kind) for kind in (Kind.session, Kind.board)]
    listed = [await storage.access.cameras(now=now) for now in (8, 9)]
    assert [(2, 5), (1, 5)] == [(each[0].tokens, each[0].newest_at) for each in listed]


async def test_tokens_whose_time_is_over_go_with_the_next_one(storage: Storage) -> None:
    """The others end at the earlier of two instants."""
    await make(storage, CAMERA, RenewToken("C1", B, at=5, others_end_at=9), RenewToken("C1", C, at=7, others_end_at=20))
    still = [await storage.access.grant(digest, kind=Kind.camera) for digest in (A, B, C)]
    assert [9, 20, None] == [None if grant is None else grant.expires_at for grant in still]
    await make(storage, RenewToken("C1", digest_of("d"), at=9, others_end_at=30))

    assert await storage.access.grant(A, kind=Kind.camera) is None


async def test_a_camera_with_a_token_stays_where_it_is(storage: Storage) -> None:
    """Also without events, whatever a delivery says; once it is removed, it goes where the settings say."""
    await make(storage, replace(CAMERA, site="north"))
    await storage.store([delivery(camera="C1", site="south", contact=contact())], decide=decide)
    with_token = await sites_of(storage)
    await make(storage, RemoveCamera("C1"))
    await storage.store([delivery(camera="C1", site="south", contact=contact())], decide=decide)

    assert {"C1": "north"} == with_token
    assert {"C1": "south"} == await sites_of(storage)


async def test_a_camera_that_only_called_moves_to_its_token(storage: Storage) -> None:
    """It has no events yet; what it sends from now on is at the new site, and can be told apart."""
    await storage.store([delivery(camera="C1", site="south", contact=contact())], decide=decide)
    told = await make(storage, replace(CAMERA, site="north"))
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1", site="south")], decide=decide)
    sightings = (await storage.snapshot()).sightings

    assert ["north"] == told
    assert {"C1": "north"} == await sites_of(storage)
    assert ["C1"] == [each.camera for each in sightings["north", "W1"]]


async def test_a_camera_with_events_keeps_its_site(storage: Storage) -> None:
    """A token goes there by itself; another site is refused. Removed, it stays in the list, and is not waited for."""
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1", site="south")], decide=decide)
    with pytest.raises(BadRequest, match="has its events at site south"):
        await make(storage, replace(CAMERA, site="north"))
    told = await make(storage, CAMERA, RemoveCamera("C1"))
    await storage.store([delivery(camera="C1", site="north", contact=contact())], decide=decide)
    removed = await storage.cameras()

    assert ["south", "south"] == told
    assert [("C1", "south", 1)] == [(each.name, each.site, each.is_paused) for each in removed]
    assert await storage.access.grant(A, kind=Kind.camera) is None
    await make(storage, CAMERA)
    assert [0] == [each.is_paused for each in await storage.cameras()]


async def test_a_pause_shows_in_the_grant_and_in_the_list(storage: Storage) -> None:
    """And ends again."""
    await make(storage, CAMERA, PauseCamera("C1", is_paused=True))
    paused = (await storage.access.grant(A, kind=Kind.camera), await storage.access.cameras(now=2))
    await make(storage, PauseCamera("C1", is_paused=False))
    again = (await storage.access.grant(A, kind=Kind.camera), await storage.access.cameras(now=2))

    assert [True, False] == [grant is not None and grant.is_paused for grant, _ in (paused, again)]
    assert [True, False] == [bool(cameras[0].is_paused) for _, cameras in (paused, again)]


async def test_a_removed_camera_that_never_called_is_gone(storage: Storage) -> None:
    """Nothing of it is left, and it can be added anew, elsewhere."""
    await make(storage, replace(CAMERA, site="north"), RemoveCamera("C1"))
    gone = await storage.cameras()
    told = await make(storage, replace(CAMERA, site="south", digest=B))

    assert [] == gone
    assert ["south"] == told
    assert {"C1": "south"} == await sites_of(storage)


async def test_people_and_their_sessions(open_again: Open) -> None:
    """A session grants what its person may; a new password, or removal, ends all of them."""
    storage = await open_again()
    await make(storage, PERSON, AddPerson("Bob", Role.admin, None, "other", at=2), SESSION)
    storage = await open_again()
    granted = await storage.access.grant(A, kind=Kind.session)
    people = [(each.name, each.role, each.site) for each in await storage.access.people()]
    passwords = [await storage.access.password_of(name) for name in ("ann", "Bob", "nobody")]
    await make(storage, NewPassword("ann", "new"))
    ended = await storage.access.grant(A, kind=Kind.session)
    again = replace(SESSION, password="new")
    await make(storage, again, replace(again, digest=B), CloseSession(A))
    left = [await storage.access.grant(digest, kind=Kind.session) for digest in (A, B)]
    await make(storage, RemovePerson("ann"))

    assert Grant(Role.supervisor, "ann", site="north", expires_at=100) == granted
    assert [("Bob", Role.admin, None), ("ann", Role.supervisor, "north")] == people
    assert ["hash", "other", None] == passwords
    assert ended is None
    assert [False, True] == [grant is not None for grant in left]
    assert await storage.access.grant(B, kind=Kind.session) is None
    assert await storage.access.password_of("ann") is None


async def test_sessions_make_room_for_each_other(storage: Storage) -> None:
    """Those that are over go first, then the one that ends first."""
    await make(storage, PERSON)
    digests = [digest_of(str(number)) for number in range(MOST_SESSIONS + 1)]
    await make(
        storage,
        *(replace(SESSION, digest=digest, expires_at=100 + place) for place, digest in enumerate(digests)),
    )
    there = [await storage.access.grant(digest, kind=Kind.session) is not None for digest in digests]
    await make(
        storage,
        AddPerson("eve", Role.viewer, None, "hash", at=3),
        OpenSession("eve", "hash", A, at=105, expires_at=200),
    )
    later = [await storage.access.grant(digest, kind=Kind.session) is not None for digest in digests]

    assert [False, *[True] * MOST_SESSIONS] == there
    assert [*[False] * 6, *[True] * (MOST_SESSIONS - 5)] == later


async def test_boards(storage: Storage) -> None:
    """A board's link grants a viewer, of one site or of all."""
    await make(storage, BOARD, AddBoard("gate", "north", B, at=2))
    grants = [await storage.access.grant(digest, kind=Kind.board) for digest in (A, B)]
    listed = [(each.name, each.site) for each in await storage.access.boards()]
    await make(storage, RemoveBoard("hall"))

    assert [Grant(Role.viewer, "hall"), Grant(Role.viewer, "gate", site="north")] == grants
    assert [("gate", "north"), ("hall", None)] == listed
    assert await storage.access.grant(A, kind=Kind.board) is None


@pytest.mark.parametrize(
    ("before", "change", "error"),
    [
        ([CAMERA], replace(CAMERA, digest=B), BadRequest),
        ([], RenewToken("C1", A, at=1, others_end_at=2), NotFound),
        ([], PauseCamera("C1", is_paused=True), NotFound),
        ([], RemoveCamera("C1"), NotFound),
        ([PERSON], PERSON, BadRequest),
        ([], NewPassword("ann", "x"), NotFound),
        ([], RemovePerson("ann"), NotFound),
        ([], SESSION, NotFound),
        ([BOARD], replace(BOARD, digest=B), BadRequest),
        ([], RemoveBoard("hall"), NotFound),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused(
    storage: Storage, before: list[Change], change: Change, error: type[LinesideError]
) -> None:
    """With its own kind of error, and nothing of it is kept."""
    await make(storage, *before)
    stood = [await storage.access.cameras(now=1), await storage.access.people(), await storage.access.boards()]
    with pytest.raises(error):
        await make(storage, change)

    assert stood == [await storage.access.cameras(now=1), await storage.access.people(), await storage.access.boards()]


async def test_each_change_counts(storage: Storage) -> None:
    """So that what was remembered before is asked for again; one that failed may have been made, and counts, too."""
    before = storage.access.changes
    await make(storage, PERSON)
    with pytest.raises(BadRequest):
        await make(storage, PERSON)

    assert before + 2 == storage.access.changes


async def test_a_change_is_seen_by_a_site_that_is_renamed(storage: Storage) -> None:
    """Who was let in at a site is let in there, whatever it is called."""
    await make(storage, replace(CAMERA, site="north"), PERSON, SESSION, AddBoard("gate", "north", B, at=2))
    await storage.rename_site("north", "up")
    kinds = ((A, Kind.camera), (A, Kind.session), (B, Kind.board))
    grants = [await storage.access.grant(digest, kind=kind) for digest, kind in kinds]

    assert ["up"] * 3 == [None if grant is None else grant.site for grant in grants]
