"""The only place that runs SQL: the files of ``analysis/sql`` by name, with parameters."""
