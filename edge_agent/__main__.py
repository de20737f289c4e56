"""The command `edge-agent`, also as `python -m edge_agent`.

Nothing is imported before the interrupt is caught: loading the program takes a moment, and Ctrl-C may come in it.
"""

import sys


def main() -> None:
    """Run the command."""
    try:
        from edge_agent.cli import main as run  # noqa: PLC0415 - see above

        run(prog_name="edge-agent")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
