"""The door for commands: what `collector import`, `names` and `sites rename` write through.

While the service runs, the commands speak to it over a Unix socket beside the database, which only the owner may open;
while it does not, they take the database's lock and write themselves. Both ways end in the same functions.
"""

import io
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from collector import access_wire
from collector.grants import Change
from collector.pseudonyms import is_pseudonym
from collector.records import NewName
from collector.retaining import erase, purge_some
from collector.storage.opening import real_path
from collector.vitals.vitals import Vitals
from collector.web.context import CLOCK, PSEUDONYM_KEYS, SETTINGS, STORAGE, VITALS
from collector.web.events_api import take_in_list
from shared.control_socket import reachable
from shared.errors import BadRequest, BodyTooLarge, Busy, FileHeld, LinesideError, NotFound, StorageFull, Unreachable
from shared.http_body import answer_problems, read_post
from shared.wire import Body, decode_json, read_body, read_lines

JSON = "application/json"
NDJSON = "application/x-ndjson"
SECONDS_TO_ANSWER = 120
MOST_NAMES_BYTES = 256 * 1024 * 1024
"""All names are given or none, so they come in one request: some millions of them, from the owner of the file."""
LONGEST_NAME = 60
_KINDS = {kind.http_status: kind for kind in (BadRequest, NotFound, BodyTooLarge, Busy, StorageFull)}
"""A command ends with the same exit code whether it wrote by itself or asked."""


def socket_of(file: Path) -> Path:
    """Return the control socket that belongs to a database file.

    Named after the file, or after a hash of its name where that is longer than the path of a socket may be.
    """
    file = real_path(file)
    name = file.name if len(os.fsencode(file.name)) <= LONGEST_NAME else sha256(os.fsencode(file.name)).hexdigest()[:16]
    return file.with_name(f"{name}.sock")


class Door(Protocol):
    """The ways to write that commands have."""

    async def take_in(self, lines: bytes, *, site: str | None, camera: str | None) -> dict[str, Any]:
        """Store NDJSON events, or one envelope, and return the answer to a list."""
        ...

    async def name(self, names: list[NewName]) -> None:
        """Give names."""
        ...

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name."""
        ...

    async def purge(self, *, by_this_clock: bool = False) -> dict[str, Any]:
        """Let some of what has been kept long enough go; return how much, and whether that was all."""
        ...

    async def forget(self, worker_id: str, *, site: str | None) -> dict[str, Any]:
        """Erase a worker; return what went."""
        ...

    async def change_access(self, change: Change) -> str:
        """Make a change to access; return the site it is about, if it is about one."""
        ...


class OwnDoor:
    """Writes by itself, on an application whose parts run in this process."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    async def take_in(self, lines: bytes, *, site: str | None, camera: str | None) -> dict[str, Any]:
        """Store NDJSON events, or one envelope, and return the answer to a list."""
        return await take_in_list(self._app, _read_import(lines), site=site, camera=camera)

    async def name(self, names: list[NewName]) -> None:
        """Give names.

        Raises:
            BadRequest: a site that keeps pseudonyms would get a worker's id.
        """
        keys = self._app[PSEUDONYM_KEYS]
        for new in names:
            if new.kind == "worker" and new.site in keys and not is_pseudonym(new.id):
                raise BadRequest(
                    f"site {new.site} keeps pseudonyms, and {new.id} is none: nothing was named",
                    hint=f"collector pseudonym {new.id} --site {new.site} says what to write instead",
                )
        await self._app[STORAGE].name(names)

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name.

        Raises:
            BadRequest: it keeps pseudonyms, and under the new name it would keep others, or ids.
        """
        keys = self._app[PSEUDONYM_KEYS]
        if keys.get(old) != keys.get(new):
            raise BadRequest(
                f"the settings have another pseudonym key for {new} than for {old}",
                hint=f"set sites.{new}.pseudonym_key_file to that of sites.{old}, restart the service, and rename then",
            )
        await self._app[STORAGE].rename_site(old, new)

    async def purge(self, *, by_this_clock: bool = False) -> dict[str, Any]:
        """Let some of what has been kept long enough go, whatever others say of our clock if they are not to be asked."""
        app, now = self._app, self._app[CLOCK].now()
        done = await purge_some(app[STORAGE], app[SETTINGS].kept_for, now=now, by_this_clock=by_this_clock)
        if done["is_done"]:
            app[VITALS].meters.purged(now)
        return done

    async def forget(self, worker_id: str, *, site: str | None) -> dict[str, Any]:
        """Erase a worker."""
        return await erase(self._app[STORAGE], worker_id, site=site, now=self._app[CLOCK].now())

    async def change_access(self, change: Change) -> str:
        """Make a change to access."""
        return await self._app[STORAGE].access.apply(change)


class ServiceDoor:
    """Asks the running service to write."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def take_in(self, lines: bytes, *, site: str | None, camera: str | None) -> dict[str, Any]:
        """Store NDJSON events, or one envelope, and return the answer to a list."""
        query = {key: value for key, value in (("site", site), ("camera", camera)) if value is not None}
        answer = await self._post("/import", query=query, content=lines, content_type=NDJSON)
        return dict(answer)

    async def name(self, names: list[NewName]) -> None:
        """Give names."""
        rows = [[new.kind, new.site, new.id, new.name] for new in names]
        await self._post("/names", query={}, content=json.dumps(rows).encode(), content_type=JSON)

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name."""
        await self._post("/sites/rename", query={"old": old, "new": new})

    async def purge(self, *, by_this_clock: bool = False) -> dict[str, Any]:
        """Let some of what has been kept long enough go, whatever others say of our clock if they are not to be asked."""
        return dict(await self._post("/purge", query={"by_this_clock": "1"} if by_this_clock else {}))

    async def forget(self, worker_id: str, *, site: str | None) -> dict[str, Any]:
        """Erase a worker; a large database is written anew for longer than anything else takes, and is waited for."""
        query = {key: value for key, value in (("worker", worker_id), ("site", site)) if value is not None}
        return dict(await self._post("/forget", query=query, seconds=None))

    async def change_access(self, change: Change) -> str:
        """Make a change to access."""
        content = json.dumps(access_wire.written(change)).encode()
        answer = await self._post("/access", query={}, content=content)
        return str(answer["site"])

    async def _post(
        self,
        path: str,
        *,
        query: dict[str, str],
        content: bytes = b"",
        content_type: str = JSON,
        seconds: float | None = SECONDS_TO_ANSWER,
    ) -> Any:
        timeout = aiohttp.ClientTimeout(total=seconds)
        headers = {"Content-Type": content_type}
        try:
            url = f"http://control{path}"
            # A stream is written piece by piece; bytes would be written at once, however many they are.
            body = io.BytesIO(content)
            async with self._session.post(url, params=query, headers=headers, data=body, timeout=timeout) as answer:
                told = await answer.json(content_type=None)
        except aiohttp.ClientConnectorError as error:
            raise FileHeld("the database is in use by another command", hint="wait until it is done") from error
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unreachable(f"the running collector does not answer: {error}") from error
        if answer.status != 200:
            kind = _KINDS.get(answer.status, LinesideError)
            raise kind(str(told.get("detail", "the running collector refused")))
        return told


@asynccontextmanager
async def service_door(socket: Path) -> AsyncIterator[Door]:
    """Give the door of the service that owns the database."""
    with reachable(socket) as path:
        connector = aiohttp.UnixConnector(path)
        async with aiohttp.ClientSession(connector=connector) as session:
            yield ServiceDoor(session)


def _not_meanwhile(vitals: Vitals) -> Middleware:
    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        # A command that is told nothing for minutes is given up, and what it asked for would happen all the same.
        if request.method == "POST" and vitals.is_scrubbing and request.path != "/forget":
            raise Busy(
                "the database is written anew after an erasure; nothing was changed", hint="try again when that is done"
            )
        return await handler(request)

    return refuse


def make_control_app(door: Door, *, vitals: Vitals) -> web.Application:
    """Return the application that listens on the control socket."""

    async def take_in_lines(request: web.Request) -> web.Response:
        lines = await read_post(request, content_types=(NDJSON,))
        site, camera = request.query.get("site"), request.query.get("camera")
        return web.json_response(await door.take_in(lines, site=site, camera=camera))

    async def name(request: web.Request) -> web.Response:
        rows = decode_json(await read_post(request, content_types=(JSON,), most=MOST_NAMES_BYTES))
        await door.name([NewName(*row) for row in rows])
        return web.json_response({"status": "success"})

    async def rename_site(request: web.Request) -> web.Response:
        await door.rename_site(request.query["old"], request.query["new"])
        return web.json_response({"status": "success"})

    async def purge(request: web.Request) -> web.Response:
        return web.json_response(await door.purge(by_this_clock="by_this_clock" in request.query))

    async def forget(request: web.Request) -> web.Response:
        return web.json_response(await door.forget(request.query["worker"], site=request.query.get("site")))

    async def change_access(request: web.Request) -> web.Response:
        change = access_wire.read(decode_json(await read_post(request, content_types=(JSON,))))
        return web.json_response({"site": await door.change_access(change)})

    async def status(_request: web.Request) -> web.Response:
        return web.json_response(await vitals.status())

    app = web.Application(middlewares=[answer_problems, _not_meanwhile(vitals)])
    app.add_routes(
        [
            web.post("/import", take_in_lines),
            web.post("/names", name),
            web.post("/sites/rename", rename_site),
            web.post("/access", change_access),
            web.get("/status", status),
        ]
    )
    app.add_routes([web.post("/purge", purge), web.post("/forget", forget)])
    return app


def _read_import(lines: bytes) -> Body:
    # An envelope stands on a line of its own, so the caller sends it alone.
    if lines.count(b"\n") <= 1 and lines.lstrip().startswith(b"{"):
        try:
            body = read_body(lines)
        except BadRequest:
            return read_lines(lines)
        if body.agent is not None:
            return body
    return read_lines(lines)
