"""What `agent` and `drain` found, as tables for people."""

from benchmarks import agent, outage
from benchmarks.agent import Appliance, Use


def appliance() -> str:
    """Run `agent` and return its table."""
    found = agent.run()
    return "\n".join([*_puts(found), "", *_writes(found), "", *_uses(found), ""])


def drain() -> str:
    """Run `drain` and return its table."""
    away, found = outage.run()
    live = sorted(found.live_seconds)
    rows = [
        ("memory, empty queue", _memory_text(away.empty.resident_mb, away.empty.anonymous_mb)),
        *(
            (f"memory, {stored:,} events queued", _memory_text(memory.resident_mb, memory.anonymous_mb))
            for stored, memory in away.filling.items()
        ),
        (
            "start after a clean stop",
            f"{found.start_seconds:.2f} s; {away.start_seconds:.2f} s with an empty queue",
        ),
        ("memory after it", _memory_text(found.started.resident_mb, found.started.anonymous_mb)),
        ("drain", f"{found.events_a_second:,.0f} events/s"),
        ("of one core, for the agent", f"{100 * found.agent_cpu_share:.0f} %"),
        ("greatest memory meanwhile", _memory_text(found.greatest.resident_mb, found.greatest.anonymous_mb)),
        ("live events meanwhile, until stored", _live_text(live)),
    ]
    head = [f"## A 72-hour outage of {outage.EVENTS:,} events, drained into a collector on the same machine", ""]
    return "\n".join([*head, "| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows), ""])


def _puts(found: Appliance) -> list[str]:
    rows = [(f"{rival.name}, one put after the other", rival.puts_a_second, rival.waits) for rival in found.rivals]
    rows += [(f"edge agent over HTTP, {posts.what}", posts.events_a_second, posts.waits) for posts in found.posts]
    best = max(rival.puts_a_second for rival in found.rivals)
    lines = [
        "## Taking events, each on disk before the answer",
        "",
        f"Everybody takes the same {agent.PAYLOADS:,} payloads: single events on one connection the first {agent.FIRST:,} of them,",
        f"batches all of them {agent.TIMES} times over. A wait is that of one put or one post.",
        "",
        "| what | events/s | × the faster rival | p50, ms | p99, ms |",
        "|---|---:|---:|---:|---:|",
    ]
    return lines + [
        f"| {what} | {rate:,.0f} | {rate / best:.2f} | {waits.p50_ms:.2f} | {waits.p99_ms:.2f} |"
        for what, rate, waits in rows
    ]


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
    lone = f"p50 {found.lone.p50_ms:.1f} ms, at most {found.lone.longest_ms:.1f} ms"
    lines += [_use("at rest", found.at_rest), _use("an event a second", found.one_a_second)]
    return [*lines, "", f"At an event a second a post waits {lone}: nobody's company is waited for."]


def _use(name: str, use: Use) -> str:
    memory = use.memory
    return (
        f"| {name} | {memory.resident_mb:.1f} | {memory.anonymous_mb:.1f} | {use.cpu_percent:.2f} "
        f"| {use.written_bytes_a_second:,.0f} |"
    )


def _memory_text(resident_mb: float, anonymous_mb: float) -> str:
    return f"{resident_mb:.0f} MB, {anonymous_mb:.0f} MB of it anonymous"


def _live_text(ordered: list[float]) -> str:
    if not ordered:
        return "none was seen"
    return f"p50 {ordered[len(ordered) // 2]:.2f} s, longest {ordered[-1]:.2f} s, of {len(ordered)}"
