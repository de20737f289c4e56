"""Where the settings have moved away from what the stored amounts were made with.

Amounts in the ledger hold for one `session_gap`, one `tail` and one beginning of the hours at each site. When an edit of
the settings names others, the service goes on with those that are stored, and says so in these words everywhere.
"""

from collections.abc import Callable, Mapping

from collector.records import LedgerRules
from shared.instants import HOUR, MINUTE, SECOND

WAY_OUT = "stop the service and run `collector db rebuild` to take the new one"
_UNITS = ((HOUR, "h"), (MINUTE, "m"), (SECOND, "s"))


def warnings(
    stored: LedgerRules,
    wanted: LedgerRules,
    *,
    stored_offsets: Mapping[str, int],
    wanted_offset_of: Callable[[str], int],
) -> list[str]:
    """Return a sentence for each setting that the stored amounts do not follow; none if they follow all.

    Offsets are where the hours of a site begin, in microseconds past the full hour of UTC.

    >>> warnings(LedgerRules(36 * 10**9, 3 * 10**8), LedgerRules(36 * 10**9, 6 * 10**7),
    ...     stored_offsets={}, wanted_offset_of=lambda site: 0)[0][:68]
    'tail = 1m is not in force: the stored numbers were made with 5m and '
    """
    found = [
        f"{name} = {duration(new)} is not in force: the stored numbers were made with {duration(old)} and go on with it; "
        f"{WAY_OUT}"
        for name, old, new in zip(LedgerRules._fields, stored, wanted, strict=True)
        if old != new
    ]
    found += [
        f"the time zone of site {site} is not in force for its hours: the stored ones begin {duration(old)} past the full "
        f"hour of UTC, and not {duration(wanted_offset_of(site))}; {WAY_OUT}"
        for site, old in sorted(stored_offsets.items())
        if old != wanted_offset_of(site)
    ]
    return found


def duration(microseconds: int) -> str:
    """Return a duration as the settings spell it, in the greatest unit that it is a whole number of.

    >>> duration(36_000_000_000), duration(5_400_000_000), duration(1_500_000), duration(0)
    ('10h', '90m', '1500ms', '0s')
    """
    if microseconds == 0:
        return "0s"
    for unit, letter in _UNITS:
        if microseconds % unit == 0:
            return f"{microseconds // unit}{letter}"
    return f"{microseconds}us" if microseconds % 1_000 else f"{microseconds // 1_000}ms"
