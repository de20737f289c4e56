"""The looks themselves: at the database's file, at the address, at the running collector. Nothing is left behind."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collector.checks.certificate import look_at_certificate
from collector.checks.database_findings import file_finding, schema_finding, sums_finding
from collector.settings import CollectorSettings
from collector.storage.condition import condition_of
from collector.storage.opening import real_path
from shared.errors import LinesideError
from shared.findings import Finding, exit_code
from shared.listening import why_not
from shared.spoken import counted


def look_at_database(file: Path) -> Finding:
    """Return whether a database is ours and complete; it is not read through, for that may take minutes."""
    try:
        if not real_path(file).exists():
            return Finding("database", f"there is none at {file} yet; the collector makes it")
        condition = condition_of(file, thorough=False)
    except LinesideError as error:
        return Finding("database", str(error), error.exit_code)
    sides = [file_finding(str(file), condition), schema_finding(condition), sums_finding(condition)]
    worst = exit_code(sides)
    troubles = [side.words for side in sides if side.exit_code]
    return Finding("database", "; ".join(troubles) or sides[0].words, worst)


def collector_finding(status: Mapping[str, Any] | None) -> Finding:
    """Judge what the running collector says of itself; None if none runs."""
    if status is None:
        return Finding("collector", "does not run")
    if status["not_ready"]:
        return Finding("collector", f"runs and takes no events: {'; '.join(status['not_ready'])}", 3)
    if status["warnings"]:
        return Finding("collector", f"runs; {'; '.join(status['warnings'])}", 3)
    return Finding(
        "collector", f"runs, version {status['version']}, {counted(status['accepted'], 'event')} since its start"
    )


def look_at_address(settings: CollectorSettings, *, is_running: bool) -> Finding:
    """Return whether somebody answers at the address, or whether it is free for a collector that is yet to start."""
    host, port = settings.listen
    where = f"{host}:{port}"
    if port == 0:
        return Finding("address", f"{where}: any free port")
    try:
        if is_running:
            with socket.create_connection((host, port), timeout=5):
                return Finding("address", f"{where} is listened on")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return Finding("address", f"{where} is free")
    except OSError as error:
        cannot = "does not answer, though a collector runs" if is_running else "cannot be listened on"
        return Finding(
            "address", f"{where} {cannot}: {why_not(error)}; is `listen` another one?", 5 if is_running else 1
        )


def access_finding(settings: CollectorSettings, *, is_configured: bool) -> Finding:
    """Judge who may read and write at the address."""
    if is_configured:
        return Finding("access", "whoever was given it: collector users list, collector cameras list")
    if settings.is_on_loopback:
        return Finding("access", "everybody on this machine, nobody from outside")
    if settings.open:
        return Finding("access", "open: everyone who reaches the address can read and write", 3)
    return Finding(
        "access", "nobody has been given any, so the collector does not listen there: collector users add", 2
    )


def tls_finding(settings: CollectorSettings, *, now: int) -> Finding:
    """Judge whether what is said on the way can be read there."""
    if settings.tls_certificate is not None:
        return look_at_certificate(settings.tls_certificate, settings.tls_key, now=now)
    if settings.is_on_loopback:
        return Finding("tls", "not used: a proxy on this machine may bring it")
    return Finding("tls", "not used: everyone on the way can read tokens and passwords; see tls_certificate", 3)
