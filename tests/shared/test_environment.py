"""What the environment says of settings: paths in names, tables as JSON, and texts that stay as they are."""

from typing import Any

import pytest
from pydantic import BaseModel

from shared.environment import read_environment


class Link(BaseModel):
    """A table."""

    url: str = ""
    port: int = 0


class Site(BaseModel):
    """A table with tables in it."""

    zone: str = "UTC"
    names: dict[str, str] = {}
    shifts: list[Link] = []


class Example(BaseModel):
    """Settings of each kind."""

    retries: int = 3
    listen: tuple[str, int] = ("", 0)
    link: Link = Link()
    mirrors: list[Link] = []
    days: frozenset[int] = frozenset()
    sites: dict[str, Site] = {}


def read(**environ: str) -> dict[str, Any]:
    """What these variables say, named without the prefix."""
    return read_environment(Example, prefix="MY_", environ={f"MY_{name}": text for name, text in environ.items()})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        ({"RETRIES": "5"}, {"retries": "5"}),
        ({"retries": "5"}, {"retries": "5"}),
        ({"RETRIES": ""}, {"retries": ""}),
        ({"LISTEN": "5"}, {"listen": "5"}),
        ({"LINK__URL": "a"}, {"link": {"url": "a"}}),
        ({"LINK__URL": '{"a": 1}'}, {"link": {"url": '{"a": 1}'}}),
        ({"LINK": '{"url": "a", "port": 1}', "LINK__PORT": "2"}, {"link": {"url": "a", "port": "2"}}),
        ({"MIRRORS": '[{"url": "a"}]', "DAYS": "[1, 2]"}, {"mirrors": [{"url": "a"}], "days": [1, 2]}),
        ({"SITES__North__ZONE": "UTC"}, {"sites": {"north": {"zone": "UTC"}}}),
        (
            {"SITES__N__NAMES__W1": "5", "SITES__N__SHIFTS": "[]"},
            {"sites": {"n": {"names": {"w1": "5"}, "shifts": []}}},
        ),
        (
            {"SITES": '{"n": {"zone": "UTC"}}', "SITES__N__NAMES": '{"w1": "A"}'},
            {"sites": {"n": {"zone": "UTC", "names": {"w1": "A"}}}},
        ),
    ],
)
def test_a_name_leads_to_a_key(environ: dict[str, str], expected: dict[str, Any]) -> None:
    """A table may be given whole, and its keys go above that; only tables and lists are JSON."""

    assert expected == read(**environ)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LINK": "{"}, {"link": "{"}),
        ({"LINK": "5", "LINK__URL": "a"}, {"link": 5}),
        ({"LINK": "null"}, {"link": None}),
        ({"LINK": "[" * 100_000}, {"link": "[" * 100_000}),
        ({"LINK__ULR": "a"}, {"link": {"ulr": "a"}}),
        ({"LINK__URL__X": "a"}, {"link": {"url": {"x": "a"}}}),
        ({"MIRRORS": "["}, {"mirrors": "["}),
    ],
)
def test_a_mistake_is_left_for_the_model_to_tell(environ: dict[str, str], expected: dict[str, Any]) -> None:
    """Nothing that was meant for a key of ours vanishes."""

    assert expected == read(**environ)


@pytest.mark.parametrize("name", ["NOBODY", "RETRIES__X", "NOBODY__URL", "", "__LINK"])
def test_what_leads_to_no_key_at_the_top_is_not_ours(name: str) -> None:
    """Other programs may begin the names of their variables like we do."""

    assert {} == read(**{name: "5"})
    assert {} == read_environment(Example, prefix="MY_", environ={"RETRIES": "5", "YOUR_RETRIES": "5"})
