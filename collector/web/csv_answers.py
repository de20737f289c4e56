"""Tables as CSV files, made away from the loop or streamed."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

from aiohttp import web

from collector.web.manners import takes_gzip
from shared.terminal import write_csv

Rows = Sequence[Mapping[str, Any]]


async def csv_answer(
    make: Callable[[], Iterable[Mapping[str, Any]]],
    *,
    columns: Sequence[str],
    name: str,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return as a file to download the table that a function makes, which is called in a thread of its own."""

    def written() -> bytes:
        text = io.StringIO(newline="")
        write_csv(make(), columns, stream=text)
        return text.getvalue().encode()

    body = await asyncio.to_thread(written)
    return web.Response(
        body=body, content_type="text/csv", charset="utf-8", headers=_headers(name) | dict(headers or {})
    )


async def stream_csv(
    request: web.Request, pages: AsyncIterator[Rows], *, columns: Sequence[str], name: str
) -> web.StreamResponse:
    """Send pages of rows as one file, none of them held longer than it takes to send."""
    answer = web.StreamResponse(headers={"Content-Type": "text/csv; charset=utf-8"} | _headers(name))
    answer.headers["Vary"] = "Accept-Encoding"
    if request.method == "HEAD":  # what is streamed would be sent all the same, and the end of what is packed
        await answer.prepare(request)
        return answer
    if takes_gzip(request):
        answer.enable_compression(web.ContentCoding.gzip)
    await answer.prepare(request)
    text = io.StringIO(newline="")
    write_csv([], columns, stream=text)
    async for rows in pages:
        write_csv(rows, columns, stream=text, has_heading=False)
        await answer.write(text.getvalue().encode())
        text = io.StringIO(newline="")
    await answer.write_eof(text.getvalue().encode())
    return answer


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}
