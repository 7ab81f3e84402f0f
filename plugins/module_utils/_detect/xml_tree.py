# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML settings with line numbers. External entities are never looked at, declared ones are refused.

A file that is no well-formed XML gets a second, lenient look, because such files are seen in the field, and the value that is wanted often
stands there whole. What a cut makes doubtful is left out.
"""

from __future__ import annotations

import codecs
import re
import typing as t
from dataclasses import dataclass, field
from xml.parsers import expat

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


@dataclass(repr=False)
class Element:
    """An element; ``line`` is where it begins. Text and attributes may hold secrets, so it has no repr."""

    tag: str
    attributes: dict[str, str]
    line: int
    parts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without that of its children."""
        return "".join(self.parts)

    def walk(self) -> t.Iterator[Element]:
        """Itself and everything below, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, tag: str) -> list[Element]:
        """The elements of that tag, itself and below."""
        return [element for element in self.walk() if element.tag == tag]


@dataclass(frozen=True, repr=False)
class XmlFile:
    """A parsed file. ``problem``: why it is not well-formed XML, as 'line 3: ..', '' when it is."""

    top: Element
    problem: str


def parse_xml(data: bytes, path: str) -> XmlFile:
    """The file; raises SessionsError when it declares entities, has too many elements for a settings file, or is in no known encoding."""
    try:
        return _parsed(data, path)
    except (LookupError, ValueError):
        # the parser knows no encoding with several bytes a character but those of Unicode
        return _parsed(_of_other_encoding(data, path).encode("utf-8", "replace"), path, "utf-8")


def _parsed(data: bytes, path: str, encoding: str | None = None) -> XmlFile:
    try:
        return XmlFile(_strict(data, path, encoding), "")
    except expat.ExpatError as error:
        problem = f"line {error.lineno}: {expat.ErrorString(error.code)}"
    return XmlFile(_lenient(_decoded(data), path), problem)


_DECLARED = re.compile(r"""<\?xml\s[^>]{0,200}?\bencoding\s{0,20}=\s{0,20}["']([^"'<>]{0,100})""")
# what Python takes for an encoding may also be a way to pack, or take days for a file: these are what settings are written in
_OF_SEVERAL_BYTES = (
    *("gb2312", "gbk", "gb18030", "big5", "big5hkscs", "cp950"),
    *("shift_jis", "cp932", "euc_jp", "iso2022_jp"),
    *("euc_kr", "cp949", "johab", "iso2022_kr"),
)


def _of_other_encoding(data: bytes, path: str) -> str:
    declared = _DECLARED.match(_decoded(data[:1000]))
    name = declared[1] if declared else ""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        known = ""
    if known not in _OF_SEVERAL_BYTES:
        raise SessionsError(f"{path}, line 1: its encoding {name!r} is not known here; write the file in UTF-8, and say so in that line.")
    # as Java does, which then has a value that nobody meant
    return data.decode(known, "replace")


# of the largest settings file of a product there are some thousands, a dozen deep
_MOST_ELEMENTS, _DEEPEST = 50_000, 100


class _Tree:
    """Builds the tree from the events of either look."""

    def __init__(self, path: str) -> None:
        self.top = Element("", {}, 0)
        self._path = path
        self._open = [self.top]
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._open) > _DEEPEST:
            raise SessionsError(f"{self._path}, line {line}: more elements, or deeper ones, than a settings file has.")
        element = Element(tag, attributes, line)
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, tag: str) -> None:
        # without an open one it is a stray: left out
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def text(self, text: str) -> None:
        if text:
            self._open[-1].parts.append(text)


def _strict(data: bytes, path: str, encoding: str | None = None) -> Element:
    tree = _Tree(path)
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True

    def refuse(name: str, *_: object) -> None:
        raise _entity_refused(path, parser.CurrentLineNumber, name)

    parser.StartElementHandler = lambda tag, attributes: tree.start(tag, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    parser.EntityDeclHandler = refuse
    parser.SkippedEntityHandler = refuse
    parser.Parse(data, True)
    return tree.top


# attributes begin after a blank: a tag that could end anywhere would be cut, and looked through, anew at each of its characters
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<\?.*?(?:\?>|\Z)"
    r"|<!(?P<declaration>[^<>]*)>?"
    r"|<(?P<end>/?)(?P<tag>[A-Za-z_][\w:.-]*)(?P<attributes>(?:[\s/](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)?)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([A-Za-z_][\w:.-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
# in the place of what is none
_NO_CHARACTER = "\ufffd"
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def _lenient(text: str, path: str) -> Element:
    tree = _Tree(path)
    position, line = 0, 1
    for token in _TOKEN.finditer(text):
        # text counts only when a tag follows it: at the end of a file that was cut, half a value looks like a value
        tree.text(_unescaped(text[position : token.start()]))
        line += text.count("\n", position, token.start())
        _take(tree, token, line, path)
        line += text.count("\n", token.start(), token.end())
        position = token.end()
    return tree.top


def _take(tree: _Tree, token: re.Match[str], line: int, path: str) -> None:
    tag, attributes = token["tag"], token["attributes"]
    if token["cdata"] is not None:
        tree.text(token["cdata"])
    elif token["declaration"] is not None:
        if token["declaration"].startswith("ENTITY"):
            raise _entity_refused(path, line, "".join(token["declaration"][6:].split()[:1]))
    elif tag and token["end"]:
        tree.end(tag)
    elif tag:
        tree.start(tag, {name: _unescaped(double or single) for name, double, single in _ATTRIBUTE.findall(attributes)}, line)
        if attributes.rstrip().endswith("/"):
            tree.end(tag)


def _unescaped(text: str) -> str:
    return _REFERENCE.sub(_character, text)


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _NAMED[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    # neither a zero nor half a character is one of XML: no path, and no text that is sent on, can hold them
    return chr(number) if 0 < number < 0xD800 or 0xE000 <= number < 0x110000 else reference[0]


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace").replace("\0", _NO_CHARACTER)


def _entity_refused(path: str, line: int, name: str) -> SessionsError:
    return SessionsError(f"{path}, line {line}: the entity {name!r} is not looked at; write its value where it is used.")
