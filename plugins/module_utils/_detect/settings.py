# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings files of three formats, and the keys in them.

Keys: in a properties or shell file the name itself. In XML a path like ``jdbc-datasource/url``, ``connection@jdbcurl``,
``property[@name=hibernate.connection.url]`` or ``init-param[param-name=login.cookie.key]/param-value``: its first step may be anywhere
below the root, the others are children; ``@name`` at the end is an attribute.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.xml_tree import Element, XmlFile, parse_xml

_STEP = re.compile(r"(?P<tag>[\w.-]+)(?:\[(?P<sign>@?)(?P<name>[\w.-]+)=(?P<value>[^\]]+)\])?(?:@(?P<attribute>[\w.-]+))?")


@dataclass(frozen=True, repr=False)
class Written:
    """A value as it stands in a file, without blanks around it."""

    value: str
    line: int


class SettingsFile(t.Protocol):
    """A file that can be asked for keys; ``problem`` is '' unless it is damaged."""

    problem: str

    def written(self, key: str) -> list[Written]:
        """The value of the key, none when it is not there or empty; several when the file contradicts itself."""


class XmlSettings:
    """XML, also the kind that is not well-formed."""

    def __init__(self, file: XmlFile) -> None:
        self._file = file
        self.problem = file.problem

    def written(self, key: str) -> list[Written]:
        """See SettingsFile; where tags are missing, the last step of the path is enough."""
        steps = [step for step in (_STEP.fullmatch(part) for part in re.split(r"/(?![^\[]*\])", key)) if step]
        found = _find(self._file.top, steps)
        if not found and self._file.problem and not any(step["name"] for step in steps[:-1]):
            found = _find(self._file.top, steps[-1:])
        # a tag inside the same tag is seen in the field
        all_found = [inner for element in found for inner in element.walk() if _fits(inner, steps[-1])]
        lines = {_value(element, steps[-1]["attribute"]): element.line for element in all_found}
        return [Written(value, line) for value, line in lines.items() if value]


def _find(top: Element, steps: list[re.Match[str]]) -> list[Element]:
    found = [element for element in top.walk() if _fits(element, steps[0])]
    for step in steps[1:]:
        found = [child for element in found for child in element.children if _fits(child, step)]
    return found


def _fits(element: Element, step: re.Match[str]) -> bool:
    if element.tag != step["tag"] or not step["name"]:
        return element.tag == step["tag"]
    if step["sign"]:
        return element.attributes.get(step["name"]) == step["value"]
    return any(child.tag == step["name"] and child.text.strip() == step["value"] for child in element.children)


def _value(element: Element, attribute: str | None) -> str:
    return (element.attributes.get(attribute, "") if attribute else element.text).strip()


class LineSettings:
    """A properties or a shell file; in a properties file the ``last_counts``, in a script conditions may stand between."""

    problem = ""

    def __init__(self, rows: t.Iterable[tuple[str, str, int]], last_counts: bool) -> None:
        self._rows: dict[str, list[Written]] = {}
        for name, value, line in rows:
            self._rows.setdefault(name, []).append(Written(value.strip(), line))
        self._last_counts = last_counts

    def written(self, key: str) -> list[Written]:
        """See SettingsFile."""
        values = self._rows.get(key, [])
        lines = {one.value: one.line for one in (values[-1:] if self._last_counts else values)}
        return [Written(value, line) for value, line in lines.items() if value]


def parse_settings(path: str, data: bytes, root: str = "") -> SettingsFile:
    """The settings in the file, by the ending of its name: ``.xml``, ``.sh``, else properties.

    ``root`` is the element that an XML file must have. Raises SessionsError when the file is not understood.
    """
    if path.endswith(".xml"):
        return XmlSettings(checked_xml(path, data, root))
    if b"\0" in data:
        raise SessionsError(f"{path} is no text file: settings as 'name=value' were expected.")
    text = _decoded(data)
    return LineSettings(_shell_rows(text), False) if path.endswith(".sh") else LineSettings(_property_rows(text), True)


def checked_xml(path: str, data: bytes, root: str) -> XmlFile:
    """The XML file; raises SessionsError when its root element is another one, or not to be seen."""
    file = parse_xml(data, path)
    tags = [element.tag for element in (file.top.walk() if file.problem else file.top.children)]
    if root and root not in tags:
        seen = file.problem or f"line {file.top.children[0].line}: its root element is <{file.top.children[0].tag}>"
        raise SessionsError(f"{path}, {seen}; a file with the root element <{root}> was expected.")
    return file


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # what Java takes a properties file for
        return data.decode("latin-1")


_VALUE = r"\"[^\"]*\"|'[^']*'|[^\s;#&|)]*"
# where a command begins, an assignment; or ': "${X:=value}"'. What stands in parentheses is a subshell's: it sets nothing for the product.
_ASSIGNMENT = re.compile(
    r"(?:^|^[^()]*\)|;|\{\s|&&|\|\||\b(?:then|else|do)\b)\s*(?:(?:export|readonly|declare|local|typeset)\s+(?:-\w+\s+)?)?"
    rf"(?:(?P<name>[A-Za-z_]\w*)=(?P<value>{_VALUE})|\"(?P<quoted>[A-Za-z_]\w*)=(?P<inside>[^\"]*)\""
    # one that is never closed is taken to the end, so that it is not looked through anew from each place behind it
    r"|:\s+\"?\$\{(?P<unset>[A-Za-z_]\w*):?=(?P<usual>[^}]*)(?P<closed>\}?))"
)
# ${A:-1}
_WITH_DEFAULT = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*):?[-=](?P<usual>[^{}]*)\}")
# export A=1 B=2
_NEXT = re.compile(rf"[ \t]+(?P<name>[A-Za-z_]\w*)=(?P<value>{_VALUE})")


def _shell_rows(text: str) -> t.Iterator[tuple[str, str, int]]:
    for number, line in enumerate(text.splitlines(), 1):
        for name, written in _assignments("" if line.lstrip().startswith("#") else line):
            value = written.strip("\"'")
            # what it is already comes from the environment, which was looked at before
            itself = _WITH_DEFAULT.fullmatch(value)
            yield name, itself["usual"].strip("\"'") if itself and itself["name"] == name else value, number


def _assignments(line: str) -> t.Iterator[tuple[str, str]]:
    """Names and values as they are written, with their quotes."""
    for found in _ASSIGNMENT.finditer(line):
        if found["unset"] and not found["closed"]:
            continue
        yield (found["name"] or found["quoted"] or found["unset"], found["value"] or found["inside"] or found["usual"] or "")
        following = _NEXT.match(line, found.end()) if found["name"] else None
        while following:
            yield following["name"], following["value"]
            following = _NEXT.match(line, following.end())


# java.util.Properties: a key ends at the first blank, '=' or ':' that is not escaped
_PROPERTY = re.compile(r"((?:\\.|[^\\=:\s])*)(?:\s*[=:]|\s|$)\s*(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def _property_rows(text: str) -> t.Iterator[tuple[str, str, int]]:
    parts: list[str] = []
    began = 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        part = line.lstrip()
        if not parts and part[:1] in ("", "#", "!"):
            continue
        began = began if parts else number
        if _is_continued(part):
            parts.append(part[:-1])
            continue
        found = _PROPERTY.match("".join([*parts, part]))
        if found:
            yield _unescaped(found[1]), _unescaped(found[2]), began
        parts = []


def _is_continued(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _unescaped(text: str) -> str:
    written = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _CONTROL.get(found[2], found[2]), text)
    # Java writes a character beyond the first 65536 as two; neither half a one nor a zero is in any path, or text that is sent on
    return written.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
