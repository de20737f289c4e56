"""The errors that people and programs see: a message, an HTTP status, an exit code."""

import pytest

from shared import errors
from shared.errors import LinesideError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LinesideError)]
EXIT_CODES = {0, 1, 2, 3, 4, 5, 6, 7, 130}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_it_is_without_being_told(kind: type[LinesideError]) -> None:
    """The docstring is the message, and a hint is added in brackets."""

    assert (kind.__doc__ or "").strip() == str(kind())
    assert "no (try again)" == str(kind("no", hint="try again"))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_fits_into_the_tables(kind: type[LinesideError]) -> None:
    """Its exit code is one of the documented, its status an error's, and a wait is said where it helps."""

    assert kind.exit_code in EXIT_CODES - {0}
    assert 400 <= kind.http_status < 600
    assert (kind.http_status in {429, 503, 507}) == (kind.retry_after_seconds is not None)
