"""The one kind of error whose text is meant for the reader."""

from __future__ import annotations


class CarteraError(Exception):
    """Something the reader can put right, said in one sentence in the reader's language.

    The message names the file, column, value or parameter, says what was expected and what to do next.
    The command line prints it without a traceback; so does a notebook, through ``_render_traceback_``.
    """

    def _render_traceback_(self) -> list[str]:
        return [str(self)]
