"""Tables as CSV files, made away from the loop or streamed."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

from aiohttp import web

from collector.web.answer_room import AnswerPlace
from collector.web.manners import takes_gzip
from shared.cut_short import reset_unless_whole
from shared.terminal import write_csv

Rows = Iterable[Mapping[str, Any]]


async def csv_answer(
    make: Callable[[], Iterable[Mapping[str, Any]]],
    *,
    columns: Sequence[str],
    name: str,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return as a file to download the table that a function makes, which is called in a thread of its own."""
    body = await asyncio.to_thread(lambda: _written(make(), columns))
    return web.Response(
        body=body, content_type="text/csv", charset="utf-8", headers=_headers(name) | dict(headers or {})
    )


async def stream_csv(
    request: web.Request, pages: AsyncIterator[Rows], *, columns: Sequence[str], name: str
) -> web.StreamResponse:
    """Send pages of rows as one file, none of them held longer than it takes to send.

    It is whole, or refused, or its connection is reset.

    Raises:
        TooOften, Busy: there is no place for it among the answers that wait to be read.
    """
    answer = web.StreamResponse(headers={"Content-Type": "text/csv; charset=utf-8"} | _headers(name))
    answer.headers["Vary"] = "Accept-Encoding"
    if request.method == "HEAD":  # what is streamed would be sent all the same, and the end of what is packed
        await answer.prepare(request)
        return answer
    if takes_gzip(request):
        answer.enable_compression(web.ContentCoding.gzip)
    place = AnswerPlace(request)
    async with reset_unless_whole(request):
        async for piece in _pieces(pages, columns):
            place.hold(len(piece), has_begun=answer.prepared)
            # Not before there is a first piece, and room for it: without one the file is refused.
            await answer.prepare(request)
            await answer.write(piece)
        await answer.write_eof()
    return answer


async def _pieces(pages: AsyncIterator[Rows], columns: Sequence[str]) -> AsyncIterator[bytes]:
    """Return the bytes of a file, page by page: the heading stands before the first one, also where there is none."""
    first: Rows = await anext(pages, [])  # no tuple: with one CPython 3.11 raises SystemError where there is nothing
    yield await asyncio.to_thread(_written, first, columns)
    async for rows in pages:
        yield await asyncio.to_thread(_written, rows, columns, has_heading=False)


def _written(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, has_heading: bool = True) -> bytes:
    text = io.StringIO(newline="")
    write_csv(rows, columns, stream=text, has_heading=has_heading)
    return text.getvalue().encode()


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}
