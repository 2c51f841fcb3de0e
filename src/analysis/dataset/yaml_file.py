"""Read a YAML file that somebody wrote by hand: plain keys and values, each once, and nothing that grows."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from analysis.dataset.user_files import reason_of
from analysis.errors import CarteraError
from analysis.language import _

_MOST_BYTES = 1 << 20
_DEEPEST = 20
_DIGITS = 1_000


class _RefusedError(CarteraError):
    """Something that YAML allows and a file written by hand does not need."""


class _PlainLoader(yaml.SafeLoader):
    """Values as YAML has them, without what stands for another part, lies too deep or is there twice."""

    depth = 0
    file = ""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        """Compose a part of the file."""
        line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            message = _("{file}, line {line}: a part that stands for another ('*…'). Write it out.")
            raise _RefusedError(message.format(file=self.file, line=line))
        self.depth += 1
        if self.depth > _DEEPEST:
            message = _("{file}, line {line}: too many levels, one within the other. Check the indentation.")
            raise _RefusedError(message.format(file=self.file, line=line))
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the keys and values of a part."""
        seen: set[str] = set()
        for key, _value in node.value:
            if str(key.value) in seen:
                message = _("{file}, line {line}: '{key}' is there already, further up. Keep one of them.")
                raise _RefusedError(
                    message.format(file=self.file, line=key.start_mark.line + 1, key=key.value)
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:  # noqa: ANN401 whatever the parent gives
        """Return the text of a value."""
        text = super().construct_scalar(node)
        if re.search("[\0\ud800-\udfff]", str(text)):
            message = _(
                "{file}, line {line}: '\\ud…' is half of a letter, and '\\0' is none. "
                "Write the letter itself."
            )
            raise _RefusedError(message.format(file=self.file, line=node.start_mark.line + 1))
        if node.tag == "tag:yaml.org,2002:int" and len(text) > _DIGITS:
            raise OverflowError
        return text


def read_yaml(path: Path) -> Any:  # noqa: ANN401 whatever YAML holds
    """Return what a YAML file holds; Windows-1252 is read where it is not UTF-8.

    Raises
    ------
    CarteraError
        If it cannot be read, is too large, or is not YAML as one writes it by hand.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            message = _("{file} is larger than 1 MB, and no dataset.yml is. Give the file that is meant.")
            raise CarteraError(message.format(file=path.name))
        written = path.read_bytes()
    except OSError as error:
        message = _("{file} cannot be read: {reason}.")
        raise CarteraError(message.format(file=path.name, reason=reason_of(error))) from None
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = written.decode("cp1252", errors="replace")
    try:
        return _loaded(text, path.name)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        message = _(
            "{file}, line {line}: this is not valid YAML. Check the indentation and the quotes there."
        )
        raise CarteraError(message.format(file=path.name, line=line)) from None
    except (ValueError, OverflowError, KeyError, AttributeError):  # as values with a tag of YAML may raise
        message = _(
            "{file} holds a day that is not in the calendar, or a number beyond all sense. Write days as "
            "2024-12-31."
        )
        raise CarteraError(message.format(file=path.name)) from None


def as_yaml(value: object) -> str:
    """Return a value as YAML would write it on one line, in quotes where it needs them."""
    written: str = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000)
    return written.removesuffix("\n").removesuffix("\n...")


def _loaded(text: str, file: str) -> Any:  # noqa: ANN401 whatever YAML holds
    loader = _PlainLoader(text)
    loader.file = file
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
