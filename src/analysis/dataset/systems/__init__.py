"""Exports of systems that are known by their columns; a YAML file for each."""
