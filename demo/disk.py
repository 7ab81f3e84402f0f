# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the stand-in: templates with ``@name@`` for values, private and whole from the first byte."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
import typing as t
from pathlib import Path
from xml.sax.saxutils import escape

TEMPLATES = Path(__file__).resolve().parent / "files"
_PLACE = re.compile(r"@(\w+)@")
_RAW = {"@session_manager@"}
_QUOTES: dict[str, t.Callable[[str], str]] = {".sh": shlex.quote, ".xml": lambda text: escape(text, {'"': "&quot;"})}


def write_atomically(path: Path, text: str) -> None:
    """Replace the file at once, mode 0600: a reader sees the old text or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).replace(path)


def write_from_template(template: Path, target: Path, values: t.Mapping[str, object]) -> None:
    """Fill a template, quoted as its kind of file needs it; scripts become executable."""
    quote = _QUOTES.get(target.suffix, str)

    def value(match: re.Match[str]) -> str:
        text = str(values[match[1]])
        return text if match[0] in _RAW else quote(text)

    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_PLACE.sub(value, template.read_text(encoding="utf-8")), encoding="utf-8")
    target.chmod(0o755 if target.suffix == ".sh" else 0o644)


def templates_in(folder: Path, values: t.Mapping[str, object]) -> dict[str, Path]:
    """The templates below the folder by the path that they are for; also a path may have ``@name@`` in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {_PLACE.sub(lambda match: str(values[match[1]]), str(path.relative_to(folder))): path for path in files}
