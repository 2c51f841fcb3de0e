"""Exports of systems that are known by their columns; a YAML file for each."""

from analysis.dataset.systems.systems import System, known_by_name, read_system, system_of, systems

__all__ = ["System", "known_by_name", "read_system", "system_of", "systems"]
