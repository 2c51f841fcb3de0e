"""The report on paper: all its pages in one PDF, printed by the browser that is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _
from analysis.report.atomic_write import write_text

PDF = "report.pdf"
SECONDS = 300
_COMMANDS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "msedge",
)  # fmt: skip
_PLACES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    "win32": (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe"),
}
_BODY = re.compile(r'<body class="([^"]*)">(.*)</body>', re.DOTALL)
_NAMED = re.compile(r' (id|aria-labelledby)="([^"]*)"')
_LINK = re.compile(r' href="([^"#]*)(?:#([^"]*))?"')
_BLANK = "<!DOCTYPE html><title>Cartera</title>"


def find_browser() -> str:
    """Return the path of Chromium, Chrome or Edge, whichever is installed.

    Raises
    ------
    CarteraError
        If none is.
    """
    tops = [os.environ.get(name, "") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    places = [Path(top, place) for place in _PLACES.get(sys.platform, ()) for top in tops]
    found = [path for command in _COMMANDS if (path := shutil.which(command))]
    found += [str(place) for place in places if place.is_file()]
    if not found:
        message = _("A browser prints the PDF: install Chromium, Chrome or Edge, or leave out --pdf.")
        raise CarteraError(message)
    return found[0]


class Printer:
    """A browser that prints. It is tried with an empty page, so that its faults are known in time.

    Parameters
    ----------
    browser
        From `find_browser`.
    work
        A folder for what is needed meanwhile.

    Raises
    ------
    CarteraError
        If it prints nothing.
    """

    def __init__(self, browser: str, work: Path) -> None:
        self._browser, self._work = browser, work
        if not self._print(_BLANK, work / PDF):
            message = _(
                "{browser} does not print: install another of Chromium, Chrome and Edge, or leave out --pdf."
            )
            raise CarteraError(message.format(browser=browser))

    def print_report(self, report: Path, pages: Sequence[Path]) -> list[str]:
        """Print ``pages`` of the folder ``report`` into its ``report.pdf``; return what went wrong.

        Links from page to page lead from place to place in the PDF; those to other files lead nowhere.
        """
        html = together({page.stem: (report / page).read_text("utf-8") for page in pages})
        if self._print(html, report / PDF):
            return []
        return [_("{file} is missing: {browser} could not print it.").format(file=PDF, browser=self._browser)]

    def _print(self, html: str, pdf: Path) -> bool:
        page = self._work / "printed.html"
        write_text(page, html)
        root = (
            ["--no-sandbox"] if sys.platform == "linux" and os.geteuid() == 0 else []
        )  # else it does not start
        command = [
            self._browser, "--headless", *root, "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--no-pdf-header-footer", "--generate-pdf-document-outline",
            f"--user-data-dir={self._work / 'browser'}", f"--print-to-pdf={pdf}", page.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603 no shell
        except (OSError, subprocess.SubprocessError):
            pdf.unlink(missing_ok=True)
        return pdf.is_file()


def together(pages: dict[str, str]) -> str:
    """Return one page of several, by their names: each begins on a new sheet, and links lead within it."""
    first = next(iter(pages.values()))
    bodies = [_part(name, text, pages) for name, text in pages.items()]
    return _BODY.sub(lambda _found: f"<body>{''.join(bodies)}</body>", first)


def _part(name: str, text: str, pages: dict[str, str]) -> str:
    def named(found: re.Match[str]) -> str:
        return f' {found[1]}="{name}.{found[2]}"'

    def linked(found: re.Match[str]) -> str:
        page = found[1].removesuffix(".html") or name
        place = f".{found[2]}" if found[2] else ""
        return f' href="#{page}{place}"' if page in pages else ""

    found = _BODY.search(text)
    kind, body = found.groups() if found else ("", "")
    return f'<div class="part {kind}" id="{name}">{_LINK.sub(linked, _NAMED.sub(named, body))}</div>'
