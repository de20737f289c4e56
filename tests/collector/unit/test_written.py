"""JSON in pieces: the same text as in one."""

import json
from typing import Any

import pytest

from collector.metrics.written import ITEMS_A_PIECE, written

ROWS = [{"id": f"W{number}", "name": "Zoë", "timeline": [[0, 1, "w", 0, 0]], "none": None} for number in range(250)]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        ROWS[:1],
        ROWS[:ITEMS_A_PIECE],
        ROWS[: ITEMS_A_PIECE + 1],
        ROWS,
        {},
        {"workers": ROWS, "left_out": 0, "behind": [], "factory": {"rows": ROWS}, 'a "name"': None},
    ],
    ids=["empty table", "a row", "a piece", "a piece and a row", "some pieces", "empty object", "object"],
)
def test_pieces_make_the_same_text_as_the_whole(answer: Any) -> None:
    """Spaced as answers are, or compact as pages."""

    assert json.dumps(answer).encode() == written(answer)
    assert json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() == written(answer, is_compact=True)
