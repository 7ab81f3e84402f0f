# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the demo in every cell of a matrix: each product on each database it has, and Jira on PostgreSQL with other versions of libraries.

Of each product it runs today's line and the last with the old sign-in. With other versions of Ansible also the tests of hostile text, of
the story on the screen and of what a task hides, and the refusal of those that run such text. With other versions of the database servers
also the tests of the token table.

``python -m tests.tools.matrix 'jira-*' core-2.18`` runs some cells, without a name it runs all. build/matrix.md has a line per cell, also
for those of earlier runs; what a cell printed is in build/matrix/<cell>.log. The libraries of .venv stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
import typing as t
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from demo.imitated import PRODUCTS
from demo.npm import NotFetched
from demo.other_servers import provide
from demo.patience import wait_for
from demo.products import BUILT_IN, ENGINES
from tests.tools.pythons import interpreter

CHECKOUT = Path(__file__).resolve().parents[2]
TABLE = CHECKOUT / "build/matrix.md"
FOLDER = CHECKOUT / "build/matrix"
REQUIREMENTS = CHECKOUT / "demo/requirements.txt"
HOSTILE = "tests/playbook/test_hostile_text.py"
STORY = "tests/playbook/test_story.py"
ROLLING = "tests/playbook/test_rolling.py"
TOKENS = "tests/database"
# what a test needs that a demo does not
_FOR_TESTS = ("pytest >= 8, < 9.2", "jsonschema >= 4.20, < 5")
# a demo that neither ends nor says anything for so long is stuck
LONGEST = 240
PROVEN, PASSED, REFUSED = "PROVEN", "PASSED", "refused, as it should be"
_VERSIONS = """\
import importlib.metadata, platform
libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("ansible-core", "SQLAlchemy"))
print(f"Python {platform.python_version()}, {libraries}")
"""


class Cell(t.NamedTuple):
    """One demo, of today's line where no ``line`` is named.

    ``pin`` replaces one line of the demo's requirements, in a virtual environment of one of ``pythons``, the first there is. Without a
    pin it runs in this virtual environment. With ``test`` it is that file of tests instead of the demo, of them only what ``chosen`` (an
    expression of pytest's ``-k``) means; with ``refusal`` the demo is to be refused with this sentence. ``server`` is one of
    ``other_servers.py``.
    """

    name: str
    product: str
    database: str
    pin: str = ""
    pythons: tuple[str, ...] = ()
    line: str = ""
    test: str = ""
    refusal: str = ""
    server: str = ""
    chosen: str = ""

    @property
    def what(self) -> str:
        """For people."""
        where = f"{self.product} {self.line or PRODUCTS[self.product].line} on {self.database}"
        return ", ".join(part for part in (self.test or where, self.pin, self.server) if part)

    @property
    def wanted(self) -> str:
        """What it says when it ended as it should."""
        return REFUSED if self.refusal else PASSED if self.test else PROVEN


class Result(t.NamedTuple):
    """What became of a cell; ``said`` is PROVEN or a sentence. ``failed`` is False also where the machine lacks a Python for it."""

    said: str
    failed: bool
    versions: str = ""
    seconds: float = 0
    when: str = ""


CELLS = (
    *(Cell(f"{product}-{engine}", product, engine) for product in PRODUCTS for engine in ENGINES),
    *(Cell(f"{product.name}-{BUILT_IN}", product.name, BUILT_IN) for product in PRODUCTS.values() if product.built_in),
    # the last line with the old sign-in
    *(
        Cell(f"{product.name}-{product.lines[-1]}-{engine}", product.name, engine, line=product.lines[-1])
        for product in PRODUCTS.values()
        for engine in ENGINES
        if product.older
    ),
    Cell("core-2.17", "jira", "postgresql", "ansible-core >= 2.17, < 2.18", ("3.11", "3.12")),
    Cell("core-2.18", "jira", "postgresql", "ansible-core >= 2.18, < 2.19", ("3.11", "3.12", "3.13")),
    Cell("core-newest", "jira", "postgresql", "ansible-core >= 2.20", ("3.14", "3.13", "3.12")),
    *(
        Cell(f"core-{name}-{what}", "jira", "sqlite", pin, pythons, test=test, chosen=chosen)
        for what, test, chosen in (("hostile", HOSTILE, ""), ("story", STORY, ""), ("hidden", ROLLING, "hides"))
        for name, pin, pythons in (
            ("oldest", "ansible-core == 2.17.7", ("3.11", "3.12")),
            ("2.18", "ansible-core >= 2.18.1, < 2.19", ("3.11", "3.12", "3.13")),
            ("newest", "ansible-core >= 2.20", ("3.14", "3.13", "3.12")),
        )
    ),
    *(
        Cell(f"core-{version}-refused", "jira", "sqlite", f"ansible-core == {version}", ("3.11", "3.12"), refusal="is too old")
        for version in ("2.17.6", "2.18.0")
    ),
    *(
        Cell(f"{what}-{server}", "jira", engine, server=server, test=test, chosen=chosen if test else "")
        for what, test in (("server", ""), ("tokens", TOKENS))
        for server, engine, chosen in (
            # pg_basebackup makes the standby, and there is none of these versions
            ("postgresql-12", "postgresql", "postgres and not standby"),
            ("postgresql-18", "postgresql", "postgres and not standby"),
            # none of MariaDB's rows, and none of roles (8.0), of defaults that are expressions (8.0.13) and of passwords as 8 keeps them
            ("mysql-5.7", "mysql", "mysql and not mariadb and not role and not expression and not new_password"),
        )
    ),
    Cell("sqlalchemy-2.1", "jira", "postgresql", "SQLAlchemy >= 2.1, < 2.2", ("3.11", "3.12", "3.13")),
)


class NotRun(Exception):
    """A cell that cannot be run, with the reason; ``failed`` unless the machine just lacks a Python."""

    def __init__(self, reason: str, failed: bool) -> None:
        super().__init__(reason)
        self.failed = failed


def main(arguments: t.Sequence[str]) -> int:
    """Exit status 0 when no cell of this run failed."""
    parser = argparse.ArgumentParser(description="Runs the demo in the cells of a matrix.")
    parser.add_argument("cells", nargs="*", metavar="CELL", help=f"names or patterns of: {', '.join(cell.name for cell in CELLS)}")
    chosen = chosen_cells(parser.parse_args(arguments).cells)
    if not chosen:
        parser.error("no cell has such a name")
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = 0
    for cell in chosen:
        print(f"{cell.name:<20} ", end="", flush=True)
        result = run(cell)
        failed += result.failed
        print(f"{result.seconds:>4.0f} s  {result.said}  ({result.versions})", flush=True)
        write_result(cell, result)
        TABLE.write_text(table(read_results()), encoding="utf-8")
    print(f"{len(chosen) - failed} of {len(chosen)} cells without a failure. Written: {TABLE}")
    return int(failed > 0)


def chosen_cells(patterns: t.Sequence[str]) -> list[Cell]:
    """The cells that have one of these names or fit one of these patterns; all when there is none."""
    return [cell for cell in CELLS if not patterns or any(fnmatchcase(cell.name, pattern) for pattern in patterns)]


def run(cell: Cell) -> Result:
    """One cell, to its end."""
    log = FOLDER / f"{cell.name}.log"
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    try:
        python = environment(cell, log) if cell.pin else sys.executable
        servers = other_server(cell)
    except NotRun as reason:
        return Result(str(reason), reason.failed, when=when)
    asked = subprocess.run([python, "-c", _VERSIONS], capture_output=True, text=True, check=True)
    began = time.monotonic()
    status = execute(python, cell, log, servers)
    seconds = time.monotonic() - began
    said = sentence(cell, status, log.read_text(encoding="utf-8", errors="replace"))
    return Result(said, said != cell.wanted, asked.stdout.strip(), round(seconds, 1), when)


def other_server(cell: Cell) -> dict[str, str]:
    """The variables by which the demo and the tests take the server of the cell. Raises NotRun."""
    try:
        return provide(cell.server) if cell.server else {}
    except NotFetched as reason:
        raise NotRun(f"not run: {reason}", failed=True) from None


def environment(cell: Cell, log: Path) -> str:
    """The Python of the cell's own virtual environment, brought up to date. Raises NotRun; what pip said is in the log then."""
    real = next(filter(None, map(interpreter, cell.pythons)), "")
    if not real:
        raise NotRun(f"not run: there is no Python {' or '.join(cell.pythons)} here", failed=False)
    folder = FOLDER / cell.name
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([real, "-m", "venv", "--clear", str(folder)], check=True)
    wanted = folder / "requirements.txt"
    lines = [*pinned(requirements(REQUIREMENTS), cell.pin), *(_FOR_TESTS if cell.test else ())]
    wanted.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--upgrade", "--disable-pip-version-check", "-r", str(wanted)]
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    if installed.returncode:
        log.write_text(installed.stdout + installed.stderr, encoding="utf-8")
        raise NotRun(f"pip: {last_line(installed.stderr)}", failed=True)
    return str(python)


def requirements(file: Path) -> list[str]:
    """The lines of a list of requirements and of the lists that it names, without comments."""
    lines: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        lines += requirements(file.parent / text[2:].strip()) if text.startswith("-r") else [text] * bool(text)
    return lines


def pinned(lines: t.Sequence[str], pin: str) -> list[str]:
    """The requirements with this one in the place of the one of the same package. Raises ValueError when there is none."""
    if sum(_package(line) == _package(pin) for line in lines) != 1:
        raise ValueError(f"{_package(pin)} is not one of the requirements")
    return [pin if _package(line) == _package(pin) else line for line in lines]


def _package(line: str) -> str:
    return re.split(r"[^\w.-]", line.lower(), maxsplit=1)[0]


def command_of(python: str, cell: Cell) -> list[str]:
    """The demo, or the tests without the options and plugins of this virtual environment."""
    if cell.test:
        return [python, "-m", "pytest", "-v", "-o", "addopts=", "-p", "no:cacheprovider", "-k", cell.chosen, cell.test]
    return [python, "-m", "demo", "--product", cell.product, "--line", cell.line, "--database", cell.database]


def execute(python: str, cell: Cell, log: Path, servers: t.Mapping[str, str]) -> int:
    """The exit status, all of its output in the log; interrupted when it is stuck: it takes itself down then."""
    command = command_of(python, cell)
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            command, cwd=CHECKOUT, env=os.environ | servers, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        try:
            wait_for(lambda: process.poll() is not None, "the demo ends or says more", LONGEST, lambda: log.stat().st_size)
        except TimeoutError:
            process.terminate()
        return process.wait()


def sentence(cell: Cell, status: int, output: str) -> str:
    """What the cell wants when it ended so and said so, else its last sentence that tells why not."""
    if cell.refusal:
        as_wanted = status != 0 and cell.refusal in output and "Nothing was changed." in output
    else:
        as_wanted = status == 0 and (f": {PROVEN}\n" in output or bool(cell.test))
    if as_wanted:
        return cell.wanted
    failures = re.findall(r"^(?:fatal: |FAILED +|\[ERROR\]: |Run \S+: )(.+)$", output, re.MULTILINE)
    return f"status {status}: {last_line(failures[-1] if failures else output)}"


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing was said")


def write_result(cell: Cell, result: Result) -> None:
    """Keep it for the table."""
    (FOLDER / f"{cell.name}.json").write_text(json.dumps(result._asdict()), encoding="utf-8")


def read_results() -> dict[str, Result]:
    """The newest result of each cell that ever ran here."""
    kept = {cell.name: FOLDER / f"{cell.name}.json" for cell in CELLS}
    return {name: Result(**json.loads(path.read_text(encoding="utf-8"))) for name, path in kept.items() if path.exists()}


def table(results: t.Mapping[str, Result]) -> str:
    """A line per cell, in Markdown."""
    rows = []
    for cell in CELLS:
        result = results.get(cell.name, Result("not run", failed=False))
        said = result.said.replace("|", "\\|")
        rows.append(f"| {cell.name} | {cell.what} | {result.versions} | {said} | {result.seconds:.0f} | {result.when} |")
    return "\n".join(["| cell | what | versions | result | seconds | when (UTC) |", "|---|---|---|---|---:|---|", *rows, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
