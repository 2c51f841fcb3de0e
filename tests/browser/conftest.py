"""A browser for tests: Chromium, Chrome or Edge, where one is installed."""

import os

import pytest

from analysis.errors import CarteraError
from analysis.report.printing import find_browser


@pytest.fixture(scope="session")
def chromium():
    """The path of one; where there is none, tests are skipped, unless CARTERA_BROWSER is "required"."""
    try:
        return find_browser()
    except CarteraError:
        reason = "no Chromium, Chrome or Edge is installed"
        if os.environ.get("CARTERA_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()
