"""Whom a refused item names, and what of it may be kept where somebody was erased: tables of cases."""

import json

import pytest

from collector.records import Refusal
from collector.storage.named_in_items import WITHHELD, kept_where_erased, may_name, names

ID = "Jürgen-7"


def refusal(item: object) -> Refusal:
    """Return an item as it is kept: JSON, or a text that is none."""
    return Refusal("code", "why", item if isinstance(item, str) else json.dumps(item))


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        ({"worker_id": "W1", "count": -1, "confidence": None}, True),
        ({"worker_id": f"{ID}-b", "count": "3"}, True),
        ({"worker_id": "", "event_type": True}, True),
        ({}, True),
        ({"worker_id": ID}, None),
        ({"worker_id": f"\u2028{ID} ", "count": "3"}, None),
        ({"workstation_id": ID}, None),
        ({"timestamp": ID}, None),
        ({"worker_id": 4711}, None),
        ({"worker_id": "W1", "count": 4711}, True),
        ({"worker_id": [ID]}, False),
        ({"worker_id": "x" * 65}, False),
        ({"worker_id": f"{ID}\x00"}, False),
        ({"operator": "W1"}, False),
        ([ID], False),
        (json.dumps(ID), False),
        ('{"worker_id": ', False),
        ("[" * 2_000, False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_kept_where_somebody_was_erased(item: object, kept: bool | None) -> None:
    """All of it, why it was refused without its text (False), or nothing (None)."""
    given = refusal(item)
    expected = [] if kept is None else [given if kept else Refusal("code", "why", WITHHELD)]

    assert expected == list(kept_where_erased([given], is_forgotten=lambda worker_id: worker_id in (ID, "4711")))


@pytest.mark.parametrize(
    ("item", "is_named", "may_be"),
    [
        ({"worker_id": ID}, True, True),
        ({"worker_id": f" {ID}\u3000"}, True, True),
        ({"x": [{"y": ID}]}, True, True),
        ({ID: 1}, True, True),
        ({"worker_id": f"{ID}1"}, False, True),
        ({"worker_id": f"{ID}\x01"}, False, True),
        (f'{{"worker_id": "{ID}", ', True, True),
        ('{"worker_id": "J\\u00fcrgen-7", ', True, True),
        (f"{ID}1;", False, True),
        ({"event": json.dumps({"worker_id": ID})}, False, True),
        (json.dumps({"x": "y" * 3_000})[:2_000], False, True),
        (json.dumps(json.dumps({"event": json.dumps({"worker_id": ID})})), False, True),
        ({"worker_id": "Jurgen-7"}, False, False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whom_an_item_names_and_may_name(item: object, is_named: bool, may_be: bool) -> None:
    """A value that is the id names; wherever the id lies, or may have lain before it was cut off, it may."""
    given = refusal(item)

    assert (is_named, may_be) == (names(given, ID), may_name(given, ID))


@pytest.mark.parametrize("worker_id", ['a"b', "a\\b", "a/b", "\\u00fc", "\U0001f600"])
def test_ids_that_json_escapes_are_found(worker_id: str) -> None:
    """However deep they lie."""
    once, twice = refusal({"worker_id": worker_id}), refusal({"event": json.dumps({"worker_id": worker_id})})

    assert (True, True) == (may_name(once, worker_id), may_name(twice, worker_id))


def test_the_reason_of_a_refusal_is_looked_through_too() -> None:
    """Should it ever quote what was sent."""
    assert may_name(Refusal("code", f"{ID} is none", "{}"), ID)
