"""Truth and answer side by side, every number of them: pure, and exact (67 is 67.00, 66.67 is not 66.66)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from demo.truth import Numbers, Truth, shown

Row = Mapping[str, object]

# Whose rows a route gives -> the key that names one.
_KEYS = {"worker": "worker_id", "station": "station_id", "camera": "camera"}


@dataclass(frozen=True, slots=True)
class Check:
    """One number: of whom, which, what it is in truth and what the collector says (None: no number at all)."""

    subject: str
    number: str
    truth: Fraction
    answer: Fraction | None

    @property
    def agrees(self) -> bool:
        """Tell whether the collector shows exactly the truth, rounded."""
        return self.answer == shown(self.truth)


def compared(truth: Truth, *, workers: Sequence[Row], workstations: Sequence[Row], factory: Row) -> list[Check]:
    """Return a check for each number of the three routes, and one a route for how many rows it has."""
    return [
        *_routes_rows(truth.workers, workers, kind="worker"),
        *_routes_rows(truth.workstations, workstations, kind="station"),
        *(Check("factory", name, value, _number(factory.get(name))) for name, value in truth.factory.items()),
    ]


def arrived(cameras: Sequence[str], rows: Sequence[Row]) -> list[Check]:
    """Return a check for each camera: of the numbers its agent gave to events, none is missing at the collector."""
    return list(_routes_rows({camera: {"missing": Fraction(0)} for camera in cameras}, rows, kind="camera"))


def table(checks: Sequence[Check]) -> str:
    """Return the checks as a table of one line each, subjects named once, and a last line that counts them."""
    width = 2 + max((len(check.subject) for check in checks), default=0)
    lines = [f"{'':<{width}}{'':<36}{'truth':>10}{'collector':>12}"]
    previous = ""
    for check in checks:
        subject = check.subject if check.subject != previous else ""
        previous = check.subject
        answer = "none" if check.answer is None else f"{_decimal(check.answer)}"
        verdict = "ok" if check.agrees else "DIFFERS"
        lines.append(f"{subject:<{width}}{check.number:<36}{_decimal(shown(check.truth)):>10}{answer:>12}  {verdict}")
    differing = sum(not check.agrees for check in checks)
    return "\n".join([*lines, "", f"{len(checks)} numbers compared, {differing} differ"])


def _routes_rows(truth: Mapping[str, Numbers], rows: Sequence[Row], *, kind: str) -> Iterator[Check]:
    """Yield the checks of one route; a row that is missing or there twice answers no number at all."""
    yield Check("collector", f"{kind} rows", Fraction(len(truth)), Fraction(len(rows)))
    for name, numbers in truth.items():
        own = [row for row in rows if row.get(_KEYS[kind]) == name]
        for number, value in numbers.items():
            yield Check(name, number, value, _number(own[0].get(number)) if len(own) == 1 else None)


def _number(value: object) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Fraction(value)


def _decimal(value: Fraction) -> str:
    """Return a whole number without, any other with at least two decimals, none of them hidden."""
    if value.denominator == 1:
        return str(value.numerator)
    exact = value * 100
    return f"{float(value):.2f}" if exact.denominator == 1 else repr(float(value))
