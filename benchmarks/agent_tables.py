"""What `agent` and `drain` found, as tables for people."""

from benchmarks import agent, outage
from benchmarks.agent import Appliance, Use


def appliance() -> str:
    """Run `agent` and return its table."""
    found = agent.run()
    return "\n".join([*_puts(found), "", *_writes(found), "", *_uses(found), ""])


def drain() -> str:
    """Run `drain` and return its table."""
    found = outage.run()
    live = sorted(found.live_seconds)
    rows = [
        ("memory, empty queue", _memory_text(found.empty.resident_mb, found.empty.anonymous_mb)),
        ("memory, the whole outage queued", _memory_text(found.full.resident_mb, found.full.anonymous_mb)),
        ("start after a clean stop", f"{found.start_seconds:.2f} s"),
        ("memory after it", _memory_text(found.started.resident_mb, found.started.anonymous_mb)),
        ("drain", f"{found.events_a_second:,.0f} events/s"),
        ("of one core, for the agent", f"{100 * found.agent_cpu_share:.0f} %"),
        ("greatest memory meanwhile", _memory_text(found.greatest.resident_mb, found.greatest.anonymous_mb)),
        ("live events meanwhile, until stored", _live_text(live)),
    ]
    head = [f"## A 72-hour outage of {outage.EVENTS:,} events, drained into a collector on the same machine", ""]
    return "\n".join([*head, "| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows), ""])


def _puts(found: Appliance) -> list[str]:
    rows = [(f"{rival.name}, one put after the other", rival.puts_a_second) for rival in found.rivals]
    rows += [
        ("edge agent over HTTP, one connection, single events", found.singles_a_second),
        (f"edge agent over HTTP, {agent.CONNECTIONS} connections, single events", found.connections_a_second),
        (f"edge agent over HTTP, batches of {agent.BATCH}", found.batched_a_second),
    ]
    best = max(rival.puts_a_second for rival in found.rivals)
    lines = [
        "## Taking events, each on disk before the answer",
        "",
        "| what | events/s | × the faster rival |",
        "|---|---:|---:|",
    ]
    lines += [f"| {what} | {rate:,.0f} | {rate / best:.1f} |" for what, rate in rows]
    waits = f"p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms"
    return [*lines, "", f"A single post among {agent.CONNECTIONS} connections waits {waits}."]


def _writes(found: Appliance) -> list[str]:
    rows = [(f"{rival.name}, a put", rival.written_bytes_a_put) for rival in found.rivals]
    rows += [(f"edge agent, {size} a commit", written) for size, written in found.written_bytes.items()]
    lines = ["Bytes written to the file system for each event (`write_bytes` of the process; pages of 4 KiB):", ""]
    return [*lines, "| what | bytes |", "|---|---:|", *(f"| {what} | {written:,.0f} |" for what, written in rows)]


def _uses(found: Appliance) -> list[str]:
    lines = [
        "| edge agent | resident, MB | anonymous, MB | of one core, % | written, bytes/s |",
        "|---|---:|---:|---:|---:|",
    ]
    return [*lines, _use("at rest", found.at_rest), _use("an event a second", found.one_a_second)]


def _use(name: str, use: Use) -> str:
    memory = use.memory
    return (
        f"| {name} | {memory.resident_mb:.0f} | {memory.anonymous_mb:.0f} | {use.cpu_percent:.2f} "
        f"| {use.written_bytes_a_second:,.0f} |"
    )


def _memory_text(resident_mb: float, anonymous_mb: float) -> str:
    return f"{resident_mb:.0f} MB, {anonymous_mb:.0f} MB of it anonymous"


def _live_text(ordered: list[float]) -> str:
    if not ordered:
        return "none was seen"
    return f"p50 {ordered[len(ordered) // 2]:.2f} s, longest {ordered[-1]:.2f} s, of {len(ordered)}"
