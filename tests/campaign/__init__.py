"""Hostile files by the thousand, each with the account it must give; see docs/reliability.md."""
