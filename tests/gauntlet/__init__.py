"""Both programs against everything at once: kills, lies, full queues; the long runs are `make gauntlet`."""
