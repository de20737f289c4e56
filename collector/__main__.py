"""The command `collector`, also as `python -m collector`.

Nothing is imported before the interrupt is caught: loading the program takes a moment, and Ctrl-C may come in it.
"""

import sys


def main() -> None:
    """Run the command."""
    try:
        from collector.cli import main as run  # noqa: PLC0415 - see above

        run(prog_name="collector")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
