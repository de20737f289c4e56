"""How many connections the operating system lets a program have."""

import resource

FILES_BESIDE_CONNECTIONS = 100
"""Of the database and its log, the sockets that listen, Python's own."""


def connections_possible(wanted: int) -> int:
    """Return how many connections the operating system has files for, at most those wanted; its soft limit is raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + FILES_BESIDE_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(min(wanted, soft - FILES_BESIDE_CONNECTIONS), 1)
