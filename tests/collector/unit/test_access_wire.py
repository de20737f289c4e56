"""Changes to access on their way from a command to the service."""

import json
from typing import Any

import pytest

from collector.access_wire import read, written
from collector.grants import (
    AddBoard,
    AddCamera,
    AddPerson,
    Change,
    CloseSession,
    NewPassword,
    OpenSession,
    PauseCamera,
    RemoveBoard,
    RemoveCamera,
    RemovePerson,
    RenewToken,
    Role,
    digest_of,
    kind_of,
)
from shared.errors import BadRequest

DIGEST = digest_of("lsc_x")
EVERY_CHANGE: list[Change] = [
    AddCamera("C1", None, "default", DIGEST, 1),
    RenewToken("C1", DIGEST, 1, 2),
    PauseCamera("C1", is_paused=True),
    RemoveCamera("C1"),
    AddPerson("amit", Role.admin, "north", "a hash", 1),
    NewPassword("amit", "a hash"),
    RemovePerson("amit"),
    OpenSession("amit", "a hash", DIGEST, 1, 2),
    CloseSession(DIGEST),
    AddBoard("hall", None, DIGEST, 1),
    RemoveBoard("hall"),
]


@pytest.mark.parametrize("change", EVERY_CHANGE, ids=lambda change: type(change).__name__)
def test_a_change_arrives_as_it_was_sent(change: Change) -> None:
    """Through JSON and back."""

    assert change == read(json.loads(json.dumps(written(change))))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"change": "RemoveCamera"},
        {"change": "Remove", "camera": "C1"},
        {"change": "RemoveCamera", "camera": "C1", "more": 1},
        {"change": "CloseSession", "digest": "zz"},
        {"change": "AddPerson", "name": "a", "role": "agent of chaos", "site": None, "password": "", "at": 1},
    ],
    ids=str,
)
def test_what_is_no_change_is_refused(value: Any) -> None:
    """As from a command of another version."""
    with pytest.raises(BadRequest, match="no change to access"):
        read(value)


@pytest.mark.parametrize("text", ["", "lsc", "xlsc_a", "lsc_" + "a" * 100, "lsc_\u00e4", "LSC_a"])
def test_what_cannot_be_a_token_is_not_looked_up(text: str) -> None:
    """It has another beginning, is too long, or has letters that no token has."""

    assert kind_of(text) is None
