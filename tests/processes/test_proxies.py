"""The example files for nginx and Caddy, run by the real programs in front of a collector; skipped where Debian's are not there."""

import asyncio
import getpass
import gzip
import io
import json
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import trustme

from collector.grants import AddPerson, Role
from collector.passwords import hashed
from tests.collector.web.tokens import board_link, camera_token, change
from tests.structure.tree import ROOT
from tests.support.collector import JSON, NOON_AFTER, RunningCollector, envelope, item, running_collector
from tests.support.programs import free_port

pytestmark = pytest.mark.processes

NAME = "collector.factory.example"
PROXIES = ("nginx", "caddy")
PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
"""Servers are not on everybody's path."""
PASSWORD = "correct horse battery staple"
NGINX = """
user {user};
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/collector.conf;
}}
"""
CADDY = "\n{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}/caddy\n"
COMMANDS = {
    "nginx": ("nginx", "-p", "{folder}", "-c", "{folder}/nginx.conf"),
    "caddy": ("caddy", "run", "--adapter", "caddyfile", "--config", "{folder}/Caddyfile"),
}


@dataclass
class Proxied:
    """A collector behind a proxy, and somebody who trusts its certificate."""

    collector: RunningCollector
    session: aiohttp.ClientSession
    url: str
    folder: Path

    async def ask(self, method: str, path: str, **given: object) -> tuple[int, dict[str, str], str]:
        """Return status, headers and text of an answer, redirects not followed."""
        headers = {"Host": NAME, **given.pop("headers", {})}  # type: ignore[dict-item]
        async with self.session.request(
            method,
            f"{self.url}{path}",
            allow_redirects=False,
            server_hostname=NAME,
            headers=headers,
            **given,  # type: ignore[arg-type]
        ) as answer:
            return answer.status, dict(answer.headers), await answer.text()


def written(proxy: str, folder: Path, *, port: int, behind: str) -> None:
    """Write the example as an operator would: with the places and ports of this machine, and nothing else changed."""
    example = "configs/nginx/collector.conf" if proxy == "nginx" else "configs/caddy/Caddyfile"
    text = (ROOT / example).read_text(encoding="utf-8")
    text = text.replace(f"/etc/ssl/certs/{NAME}.pem", f"{folder}/proxy.pem")
    text = text.replace(f"/etc/ssl/private/{NAME}.key", f"{folder}/proxy.key").replace("127.0.0.1:8000", behind)
    if proxy == "nginx":
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=getpass.getuser()))
        text = text.replace("/var/log/nginx", str(folder))
        (folder / "collector.conf").write_text(text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"))
    else:
        text = re.sub(rf"^{re.escape(NAME)} ", f"{NAME}:{port} ", text, flags=re.MULTILINE)
        (folder / "Caddyfile").write_text(text.replace("\n{\n", CADDY.format(folder=folder), 1))


def certified(proxy: str, folder: Path) -> ssl.SSLContext:
    """Give a proxy a certificate; return what trusts it. Without the proxy's package the test is skipped."""
    if shutil.which(proxy, path=PLACES) is None:
        pytest.skip(f"Debian's package {proxy} is not installed")
    authority = trustme.CA()
    made = authority.issue_cert(NAME)
    (folder / "proxy.key").write_bytes(made.private_key_pem.bytes())
    (folder / "proxy.pem").write_bytes(made.cert_chain_pems[0].bytes())
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return trusting


@asynccontextmanager
async def run(proxy: str, folder: Path, *, port: int) -> AsyncIterator[None]:
    """Run a proxy until the block ends; it is up once it listens."""
    with (folder / "proxy.log").open("wb") as log:
        arguments = [part.format(folder=folder) for part in COMMANDS[proxy]]
        arguments[0] = shutil.which(proxy, path=PLACES) or proxy
        process = await asyncio.create_subprocess_exec(*arguments, stdout=log, stderr=log, env={"HOME": str(folder)})
    try:
        async with asyncio.timeout(30):
            while not await _listens(port):
                assert process.returncode is None, (folder / "proxy.log").read_text()
                await asyncio.sleep(0.05)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture(params=PROXIES)
async def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Proxied]:
    """Return a collector with access, behind a proxy that its example file has set up."""
    trusting = certified(request.param, tmp_path)
    port = free_port()
    async with running_collector(tmp_path, trusted_proxies="127.0.0.1, ::1") as collector:
        await change(collector, AddPerson("amit", Role.supervisor, None, hashed(PASSWORD), NOON_AFTER))
        written(request.param, tmp_path, port=port, behind=collector.url.removeprefix("http://"))
        connector = aiohttp.TCPConnector(ssl=trusting)
        jar = aiohttp.DummyCookieJar()
        async with (
            run(request.param, tmp_path, port=port),
            aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session,
        ):
            yield Proxied(collector, session, f"https://127.0.0.1:{port}", tmp_path)


async def test_people_and_cameras_come_through_a_proxy(proxied: Proxied) -> None:
    """Strangers do not; what is said on the way is TLS, and the collector knows it."""
    token = await camera_token(proxied.collector, "C1")
    stranger, _, _ = await proxied.ask("GET", "/api/metrics/workers/")
    form = {"name": "amit", "password": PASSWORD}
    entered, headers, _ = await proxied.ask("POST", "/login", data=form, headers={"Origin": f"https://{NAME}"})
    cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
    sent, _, receipt = await proxied.ask(
        "POST",
        "/api/app/",
        data=gzip.compress(json.dumps(envelope([item("10:00", "W1", "working")])).encode()),
        headers=JSON | token | {"Content-Encoding": "gzip"},
    )
    seen, answer, workers = await proxied.ask("GET", "/api/metrics/workers/", headers=cookie)

    assert (401, 303, 200, 200) == (stranger, entered, sent, seen)
    assert headers["Set-Cookie"].startswith("__Host-lineside=lss_")
    assert "Secure" in headers["Set-Cookie"]
    assert "max-age=31536000" == answer["Strict-Transport-Security"]
    assert (1, ["W1"]) == (json.loads(receipt)["accepted"], [row["worker_id"] for row in json.loads(workers)])


async def test_nobody_writes_where_they_come_from(proxied: Proxied) -> None:
    """Whoever tries passwords from one address under many made-up ones is held up as one."""
    statuses = []
    for number in range(12):
        status, _, _ = await proxied.ask(
            "POST",
            "/login",
            data={"name": f"nobody-{number}", "password": "wrong wrong wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}"},
        )
        statuses.append(status)

    assert [401] * 10 + [429] * 2 == statuses


async def test_what_is_too_large_and_who_has_a_link(proxied: Proxied) -> None:
    """The collector says so itself; the link of a board is in no log of the proxy."""
    token = await camera_token(proxied.collector, "C1")
    link = (await board_link(proxied.collector, "wall"))["Authorization"].removeprefix("Bearer ")
    large, _, told = await proxied.ask(
        "POST", "/api/app/", data=io.BytesIO(b" " * (4 * 1024**2 + 1)), headers=JSON | token
    )
    board, headers, _ = await proxied.ask("GET", f"/board/{link}")
    logs = b"".join(file.read_bytes() for file in proxied.folder.glob("*.log"))

    assert (413, "the body has more than 4,194,304 bytes") == (large, json.loads(told)["detail"].partition(" (")[0])
    assert (303, "/dashboard/board") == (board, headers["Location"])
    assert link.encode() not in logs


@pytest.mark.parametrize("proxy", PROXIES)
async def test_whose_page_was_asked_for_is_in_no_log(proxy: str, tmp_path: Path) -> None:
    """Of no request, and not of one that the collector did not answer; that it did not is told."""
    trusting = certified(proxy, tmp_path)
    port = free_port()
    written(proxy, tmp_path, port=port, behind=f"127.0.0.1:{free_port()}")
    paths = [f"/dashboard/{whose}/W-4711?a=W-4711" for whose in ("workers", "stations")]
    paths += ["/api/timeline/?worker_id=W-4711", "/board/lsb_W-4711", "/"]
    async with (
        run(proxy, tmp_path, port=port),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as session,
    ):
        nobody = Proxied(None, session, f"https://127.0.0.1:{port}", tmp_path)  # type: ignore[arg-type]
        referer = {"Referer": f"https://{NAME}/dashboard/workers/W-4711"}
        statuses = [(await nobody.ask("GET", path, headers=referer))[0] for path in paths]
    logs = b"".join(file.read_bytes() for file in nobody.folder.glob("*.log"))

    assert [502] * 5 == statuses
    assert (False, True) == (b"4711" in logs, b"502" in logs)
