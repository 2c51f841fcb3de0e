"""The command ``cartera``: parses, calls, prints.

Whatever takes long to import is imported inside a command, so that ``cartera --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.errors import CarteraError
from analysis.language import LANGUAGES, Language, _, listing, number, use_language
from analysis.stopping import STOPPED, stoppable

MOVED = 3
"""Exit code of ``compare`` where something moved; 1 is an error, 2 a command that cannot be understood."""

if TYPE_CHECKING:
    from analysis.report.request import Request


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    use_language(_language_wanted(sys.argv[1:], os.environ))
    _app()()


def _app() -> typer.Typer:
    app = typer.Typer(
        help=_("Understand your customer portfolio: from a sales file to a report."),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_common)
    app.command("run", help=_("Run the notebooks on your data and write the report."))(_run)
    app.command("check", help=_("Read the data, say what was understood, and stop."))(_check)
    app.command("import", help=_("Turn data that take long to read into Parquet files, once."))(_import)
    app.command("compare", help=_("Say what moved between two reports on the same data."))(_compare)
    app.command("notebooks", help=_("Write copies of the notebooks to work in by hand."))(_notebooks)
    app.command("demo", help=_("Write the demo portfolio: an invented distributor's files, from a seed."))(
        _demo
    )
    return app


def _common(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help=_("Show the version and stop.")
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"cartera {version('cartera')}")
        raise typer.Exit


def _run(  # noqa: PLR0917 one argument per option
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA",
            help=_(
                "demo, cdnow, cdnow-sample, a file, a folder, a database or a dataset.yml; "
                "several make a report each."
            ),
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=_("Folder of the report, in place of an earlier one there; reports/NAME if not given."),
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help=_("Last day that counts, YYYY-MM-DD; the last one in the data if not given.")
        ),
    ] = None,
    language: Annotated[Language | None, typer.Option(help=_("Language of the report."))] = None,
    notebooks: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help=_("Which notebooks, separated by commas: 01,03 or churn; all if not given.")
        ),
    ] = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            metavar="NAME=VALUE",
            help=_("A notebook's parameter, name=value; may be repeated."),
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help=_("How many notebooks run at once; one per core if not given.")
        ),
    ] = None,
    pdf: Annotated[
        bool,
        typer.Option("--pdf", help=_("Print the report too, as report.pdf: takes Chromium, Chrome or Edge.")),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help=_(
                "In place of the notebooks, a portfolio sheet for each salesperson, sector, region or other "
                "column of customers or sales."
            ),
        ),
    ] = None,
) -> None:
    with _readable():
        from analysis.report.request import Request  # noqa: PLC0415

        if len({Path(one).stem for one in data}) < len(data):
            raise CarteraError(
                _("Two data sets have the same name: run them one by one, each with its --out.")
            )
        if by and (notebooks or parameter or pdf):
            message = _("With --by there are sheets in place of notebooks: leave out {options}.")
            raise CarteraError(message.format(options=listing(["--notebooks", "--parameter", "--pdf"])))
        requests = [
            Request(
                data=one,
                out=out if len(data) == 1 else None,
                base=out or Path("reports"),
                as_of=as_of,
                language=language or _language_of(one),
                notebooks=[name.strip() for name in notebooks.split(",") if name.strip()],
                assignments=parameter or [],
                jobs=jobs,
                pdf=pdf,
            )
            for one in data
        ]
        went_well = [_run_one(request, by) for request in requests]
        if not all(went_well):
            raise typer.Exit(1)


def _run_one(request: Request, by: str | None) -> bool:
    """Run one data set and say where its report is; return whether all went well."""
    from rich.console import Console  # noqa: PLC0415

    from analysis.report.progress import TerminalProgress  # noqa: PLC0415
    from analysis.report.runner import run  # noqa: PLC0415
    from analysis.report.sheets import run_sheets  # noqa: PLC0415

    with TerminalProgress(Console(stderr=True)) as progress:
        done = run_sheets(request, by, progress) if by else run(request, progress)
    typer.echo(_("The report is in {path}").format(path=_short(done.folder / "index.html")))
    failures = [one.failure.sentence(one.name) for one in done.executions if one.failure]
    for line in [*done.warnings, *failures]:
        typer.echo(line, err=True)
    return not failures


def _compare(
    earlier: Annotated[Path, typer.Argument(metavar="REPORT_A", help=_("Folder of the earlier report."))],
    later: Annotated[Path, typer.Argument(metavar="REPORT_B", help=_("Folder of the later report."))],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=_("Folder of compare.html and changes.json; REPORT_B-changes beside it if not given."),
        ),
    ] = None,
    language: Annotated[
        Language | None, typer.Option(help=_("Language of the page; that of REPORT_B if not given."))
    ] = None,
) -> None:
    with _readable():
        from analysis.report.comparison import compare  # noqa: PLC0415

        page, moved = compare(earlier, later, out, language)
        message = _("What moved is in {path}") if moved else _("Nothing moved; {path} says so.")
        typer.echo(message.format(path=_short(page)))
        if moved:
            raise typer.Exit(MOVED)


def _check(  # noqa: PLR0917
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help=_("demo, cdnow, cdnow-sample, a file, a folder, a database or a dataset.yml."),
        ),
    ],
    write_config: Annotated[
        bool,
        typer.Option(
            "--write-config", help=_("Leave a dataset.yml with what was understood, ready to edit.")
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help=_("In place of the account, the SQL that reads the data, whole.")),
    ] = False,
    by_month: Annotated[
        bool,
        typer.Option("--by-month", help=_("From the total of the file to net sales by month, not by year.")),
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help=_("Last day that counts, YYYY-MM-DD."))
    ] = None,
    language: Annotated[Language | None, typer.Option(help=_("Language of what is shown."))] = None,
) -> None:
    with _readable():
        use_language(language or _language_of(data))
        from analysis.report.account import print_account  # noqa: PLC0415

        if write_config:
            from analysis.dataset.write_config import write_config as write  # noqa: PLC0415

            typer.echo(
                _("What was understood is in {path}: edit it and give it as DATA.").format(path=write(data))
            )
        if sys.stdin.isatty() and sys.stdout.isatty():
            data = _asked(data)
        if explain:
            from analysis.dataset.explain import explain as explained  # noqa: PLC0415

            typer.echo(explained(data))
            return
        print_account(data, as_of, by_month)


def _asked(data: str) -> str:
    """Ask what the data leave open, one question at a time; return the data set with the answers."""
    from rich.prompt import IntPrompt  # noqa: PLC0415

    from analysis.dataset import open_dataset  # noqa: PLC0415
    from analysis.dataset.questions import OpenQuestionError  # noqa: PLC0415
    from analysis.dataset.write_config import write_config  # noqa: PLC0415

    answers: dict[str, dict[str, object]] = {}
    read = data
    while True:
        try:
            open_dataset(read, needs_sales=False)
        except OpenQuestionError as error:
            question = error.questions[0]
            if not question.choices:
                raise
            typer.echo(question.text)
            for i, choice in enumerate(question.choices, 1):
                typer.echo(f"  {i}  {choice.consequence}  ({choice.answer})")
            numbers = [str(i) for i, _choice in enumerate(question.choices, 1)]
            n = IntPrompt.ask(_("Number of the answer"), choices=numbers)
            section = answers.setdefault(error.table, {})
            for key, value in question.choices[n - 1].said.items():
                before = section.get(key)
                section[key] = before | value if isinstance(before, dict) else value
            read = str(write_config(data, answers))
        else:
            if answers:
                typer.echo(_("The answers are in {path}: give it as DATA from now on.").format(path=read))
            return read


def _import(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help=_("demo, cdnow, cdnow-sample, a file, a folder, a database or a dataset.yml."),
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help=_("Where the Parquet files go, in place of those of an earlier import.")
        ),
    ],
    language: Annotated[Language | None, typer.Option(help=_("Language of what is shown."))] = None,
) -> None:
    with _readable():
        use_language(language or _language_of(data))
        from analysis.dataset.importing import import_data  # noqa: PLC0415
        from analysis.report.account import in_one_line  # noqa: PLC0415

        read = [table.quality for table in import_data(data, folder).tables.values() if table.columns]
        typer.echo(in_one_line(read))
        typer.echo(_("The tables are in {folder}: give it as DATA.").format(folder=folder))
        for quality in read:
            for sentence in quality.warnings:
                typer.echo(sentence, err=True)


def _notebooks(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=_("Where the copies go."))],
    language: Annotated[Language | None, typer.Option(help=_("Language of the copies."))] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help=_("Replace copies that were edited."))
    ] = False,
) -> None:
    with _readable():
        from analysis.report import notebooks  # noqa: PLC0415

        chosen = language or _language_wanted([], os.environ)
        use_language(chosen)
        copies = notebooks.write_copies(folder, chosen, overwrite)
        typer.echo(_("{count} notebooks are in {folder}").format(count=number(len(copies)), folder=folder))


def _demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=_("Where the files go."))],
    customers: Annotated[int, typer.Option(metavar="N", help=_("How many customers."))] = 4000,
    seed: Annotated[
        int, typer.Option(metavar="N", help=_("Which portfolio: the same number gives the same files."))
    ] = 1,
    language: Annotated[Language | None, typer.Option(help=_("Language of what is shown."))] = None,
) -> None:
    with _readable():
        use_language(language or _language_wanted([], os.environ))
        from analysis.demo import generate, write  # noqa: PLC0415

        files = write(generate(customers, seed), folder)
        typer.echo(_("{count} files are in {folder}").format(count=number(len(files)), folder=folder))


@contextmanager
def _readable() -> Iterator[None]:
    """End with one sentence, whatever happened, and quietly on Ctrl-C."""
    try:
        with stoppable():
            yield
    except typer.Exit:
        raise
    except CarteraError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo(_("Stopped."), err=True)
        raise typer.Exit(STOPPED) from None
    except Exception as error:
        typer.echo(_unforeseen(error), err=True)
        raise typer.Exit(1) from None


def _unforeseen(error: Exception) -> str:
    """Keep what a developer needs in a file; return the sentence that says where.

    What an error says of itself may hold cells of the data, or a password: it is neither kept nor shown.
    """
    handle, name = tempfile.mkstemp(prefix="cartera-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as details:
        details.writelines(f"{line}\n" for line in (*_versions(), *_where(error)))
    message = _(
        "Cartera met something unforeseen ({error}). Please report it with the file {path}, which says "
        "where in the code, and holds nothing of your data."
    )
    said = [type(error).__name__, getattr(error, "strerror", None)]  # the system's own words are harmless
    return message.format(error=": ".join(filter(None, said)), path=name)


def _versions() -> Iterator[str]:
    from importlib.metadata import version  # noqa: PLC0415

    yield f"{sys.platform}, Python {sys.version.partition(' ')[0]}"
    yield from (f"{name} {version(name)}" for name in ("cartera", "duckdb", "pandas", "pyarrow"))


def _where(error: BaseException | None) -> Iterator[str]:
    """Tell the kind of an error and of those that led to it, each with its way through the code."""
    while error is not None:
        yield f"\n{type(error).__module__}.{type(error).__qualname__}"
        yield from (
            f"  {frame.filename}, line {frame.lineno}, in {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        )
        error = error.__cause__ or error.__context__


def _language_wanted(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language asked for: by ``--language``, else by the system, else English."""
    asked = [option.removeprefix("--language=") for option in arguments if option.startswith("--language=")]
    asked += [value for option, value in pairwise(arguments) if option == "--language"]
    system = next((environment[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(key)), "")
    wanted = asked or [system[:2]]
    return next((language for language in LANGUAGES if language in wanted), "en")


def _language_of(data: str) -> Language:
    """Return the language that the data set asks for, else that of the system."""
    from analysis.dataset.sources.open_source import language_of  # noqa: PLC0415

    return language_of(data) or _language_wanted([], os.environ)


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


if __name__ == "__main__":
    main()
