"""Where the command ``cartera`` begins: ready for Ctrl-C before anything is imported that takes time."""

from __future__ import annotations

from analysis.stopping import stop_at_once


def main() -> None:
    """Run the command line."""
    stop_at_once()
    from analysis.cli import main as run  # noqa: PLC0415

    run()
