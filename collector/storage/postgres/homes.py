"""Which site each delivery belongs to: a camera that has events stays where it has them, whatever the settings say.

That is one row a camera, which all collectors share: two of them with other settings do not split a camera. What has been
settled never changes, so it is asked for once.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from collector.measures import Home
from collector.records import Delivery
from collector.storage.postgres import locks
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.holding import held_names_are_told

KnowSites = Callable[[set[str]], Awaitable[Mapping[str, int]]]
"""Let sites of these names exist, and return the numbers of all that are known."""


class Homes:
    """What is known of where cameras are; `forget` after a rollback, and when sites were given other names."""

    def __init__(self) -> None:
        self._settled: dict[str, str] = {}

    def forget(self) -> None:
        """Drop everything remembered."""
        self._settled.clear()

    async def place(self, connection: Connection, deliveries: Sequence[Delivery], *, know: KnowSites) -> list[str]:
        """Return the name of the site that each delivery belongs to; what has to change is written."""
        cameras = {each.camera for each in deliveries if each.camera is not None and each.camera not in self._settled}
        places = self._settled
        if cameras:
            before = await homes(connection, cameras)
            after = _placed(before, deliveries, cameras=cameras)
            if before != after:
                moving = {camera for camera, home in after.items() if home != before.get(camera)}
                with held_names_are_told(lambda: [at for at, each in enumerate(deliveries) if each.camera in moving]):
                    # Again, now that nobody else can change it.
                    await locks.take(connection, locks.NAMES)
                    before = await homes(connection, cameras)
                    after = _placed(before, deliveries, cameras=cameras)
                    numbers = await know({site for site, _ in (*before.values(), *after.values())})
                    await _move(connection, before, after=after, numbers=numbers)
            self._settled.update({camera: site for camera, (site, is_settled) in after.items() if is_settled})
            places = {camera: site for camera, (site, _) in after.items()} | self._settled
        return [each.site if each.camera is None else places[each.camera] for each in deliveries]


async def homes(connection: Connection, cameras: Collection[str]) -> dict[str, Home]:
    """Return where each of these cameras is known."""
    rows = await connection.fetch(
        """
        select h.camera, s.name, h.is_settled
        from camera_home as h
        join site as s on s.site_id = h.site_id
        where h.camera = any($1::text[])
        """,
        list(cameras),
    )
    return {camera: Home(site, is_settled) for camera, site, is_settled in rows}


async def settle(connection: Connection, camera: str, *, site: str, number: int) -> None:
    """Let a camera stay at a site, by its name and number, from now on; the caller holds the lock `NAMES`."""
    before = await homes(connection, {camera})
    numbers = {site: number}
    for name, _ in before.values():
        numbers[name] = await connection.fetchval("select site_id from site where name = $1", name)
    await _move(connection, before, after={camera: Home(site, stays=True)}, numbers=numbers)


async def unsettle(connection: Connection, camera: str) -> None:
    """Let a camera that has no events go where the settings say; the caller holds the lock `NAMES`."""
    await connection.execute("update camera_home set is_settled = false where camera = $1", camera)
    # Others may remember that it stays, and its number.
    await connection.execute("update arithmetic set generation = generation + 1")


def _placed(before: dict[str, Home], deliveries: Sequence[Delivery], *, cameras: set[str]) -> dict[str, Home]:
    """Return where these cameras are after the deliveries; one that never had events goes where the settings say."""
    after = dict(before)
    for delivery in deliveries:
        if delivery.camera is None or delivery.camera not in cameras:
            continue
        _, is_settled = after.get(delivery.camera, (delivery.site, False))
        if not is_settled:
            after[delivery.camera] = Home(delivery.site, bool(delivery.events))
    return after


async def _move(
    connection: Connection, before: dict[str, Home], *, after: dict[str, Home], numbers: Mapping[str, int]
) -> None:
    # A camera that moves leaves what it said of itself behind: it begins anew, and its number there is nobody's.
    left = [(camera, site) for camera, (site, _) in before.items() if after[camera][0] != site]
    for camera, site in left:
        await connection.execute("delete from camera where site_id = $1 and name = $2", numbers[site], camera)
    if left:
        await connection.execute("update arithmetic set generation = generation + 1")
    changed = {camera: home for camera, home in after.items() if before.get(camera) != home}
    await connection.execute(
        """
        insert into camera_home (camera, site_id, is_settled)
        select * from unnest($1::text[], $2::integer[], $3::boolean[])
        on conflict (camera) do update
        set site_id = excluded.site_id, is_settled = excluded.is_settled
        """,
        list(changed),
        [numbers[site] for site, _ in changed.values()],
        [is_settled for _, is_settled in changed.values()],
    )
