"""A terminal for the examples in the documentation: runs their commands against real programs, in a folder of its own.

`collector serve` and `edge-agent run` get free ports and go on in the background; the addresses that the pages name
(127.0.0.1:8000 and 127.0.0.1:8600) stand for theirs, in commands and in what is printed. `curl` is understood here, so that the
examples run where there is none: -H, -d, -X and one address. Everything else is run by bash.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.docs.pages import Block

COLLECTOR = "127.0.0.1:8000"
AGENT = "127.0.0.1:8600"
ANYTHING = "…"
SECONDS = 30
_SERVERS = {"collector serve": COLLECTOR, "edge-agent run": AGENT}
_ADDRESS = re.compile(r"listening on http://(\S+)\n")
_HEREDOC = re.compile(r"<<'?(\w+)'?$")


@dataclass(frozen=True, slots=True)
class Example:
    """One command of a block and what the page says it prints."""

    place: str
    command: str
    output: str


def examples(block: Block) -> Iterator[Example]:
    """The commands of a `console` block: a line after `$ `, with the lines that it goes on in."""
    lines = list(enumerate(block.text.splitlines(), block.line))
    while lines:
        number, first = lines.pop(0)
        assert first.startswith("$ "), f"{block.page}:{number}: a console block begins with $"
        command = [first.removeprefix("$ ")]
        if heredoc := _HEREDOC.search(first):
            while command[-1] != heredoc[1]:
                command.append(lines.pop(0)[1])
        output: list[str] = []
        while lines and not lines[0][1].startswith("$ "):
            output.append(lines.pop(0)[1])
        yield Example(f"{block.page}:{number}", "\n".join(command), "\n".join(output))


def agree(expected: str, printed: str) -> bool:
    """Whether an output is the one of the page: JSON as values, text line by line; `…` stands for anything."""
    try:
        return _same(json.loads(expected), json.loads(printed))
    except ValueError:
        lines = expected.strip().splitlines(), printed.strip().splitlines()
        return len(lines[0]) == len(lines[1]) and all(
            re.fullmatch(re.escape(said).replace(ANYTHING, ".*"), got.rstrip())
            for said, got in zip(*lines, strict=True)
        )


class Session:
    """One page's terminals; `with` ends what was started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs: list[subprocess.Popen[bytes]] = []
        self._addresses: dict[str, str] = {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COLLECTOR_", "EDGE_AGENT_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        self._environment = kept | {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for program in reversed(self._programs):
            program.terminate()
        for program in reversed(self._programs):
            try:
                program.wait(SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()

    def run(self, command: str) -> str:
        """Return what a command prints, with the addresses of the pages in it."""
        server = next((name for name in _SERVERS if command.startswith(name)), None)
        if server:
            printed = self._serve(command, stands_for=_SERVERS[server])
        elif command.startswith("curl "):
            printed = self._curl(shlex.split(self._real(command))[1:])
        else:
            printed = self._bash(command)
        for stands_for, real in self._addresses.items():
            printed = printed.replace(real, stands_for)
        return printed

    def _real(self, text: str) -> str:
        if COLLECTOR in text and COLLECTOR not in self._addresses:
            self.run("collector serve --database session.db")
        for stands_for, real in self._addresses.items():
            text = text.replace(stands_for, real)
        return text

    def _bash(self, command: str) -> str:
        if command.startswith("edge-agent send ") and "--agent" not in command:
            command += f" --agent http://{AGENT}"
        answer = subprocess.run(
            ["bash", "-c", self._real(command)],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        return answer.stdout.decode()

    def _serve(self, command: str, *, stands_for: str) -> str:
        words = [*shlex.split(self._real(command)), "--listen", "127.0.0.1:0"]
        printed = self._folder / f"{words[0]}.printed"
        with printed.open("wb") as stdout, (self._folder / f"{words[0]}.log").open("wb") as log:
            program = subprocess.Popen(
                words, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=log
            )
        self._programs.append(program)
        deadline = time.monotonic() + SECONDS
        while not (match := _ADDRESS.search(printed.read_text())):
            assert program.poll() is None, (self._folder / f"{words[0]}.log").read_text()
            assert time.monotonic() < deadline, f"{command} does not listen"
            time.sleep(0.02)
        self._addresses[stands_for] = match[1]
        return printed.read_text()

    def _curl(self, words: list[str]) -> str:
        headers: dict[str, str] = {}
        body: bytes | None = None
        address = ""
        method: str | None = None
        given = iter(words)
        for word in given:
            match word:
                case "-H":
                    name, _, value = next(given).partition(":")
                    headers[name] = value.strip()
                case "-d":
                    body = next(given).encode()
                case "-X":
                    method = next(given)
                case _:
                    address = word
        assert address.startswith("http://127.0.0.1:"), f"curl is asked for {address!r}"
        request = urllib.request.Request(address, body, headers, method=method)  # noqa: S310 - checked above
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - checked above
                content: bytes = answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                content = refusal.read()
        return content.decode()


def _same(expected: object, got: object) -> bool:
    if expected == ANYTHING:
        return True
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(_same(expected[key], got[key]) for key in expected)
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(_same, expected, got))
    return type(expected) is type(got) and expected == got
