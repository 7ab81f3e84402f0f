# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets mutmut change the collection in small ways, one at a time, and tells which changes no test sees.

``python -m tests.tools.mutants core --only '*/_roll/plan.py'``. Works on a copy below build/mutants; a dated table is left in build/.
What lived already is tried again; what was killed is kept until its function changes. mutmut changes no data at module level: no mutant
tells whether a test sees a table of words or signs.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import re
import shutil
import subprocess
import sys
import typing as t
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path

from tests.tools.survivors import Change, Reason, explain, read_reasons, unused

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build"
REASONS = CHECKOUT / "tests/tools/survivors.toml"
INSIDE = "ansible_collections/dcops/atlassian_sessions"
UTILS = f"{INSIDE}/plugins/module_utils"
# exit statuses of pytest, and of mutmut for what ran too long
_SURVIVED, _NO_TESTS, _TIMEOUT = (0,), (5, 33), (24, 36, -24, 152, 255)
# x_look__mutmut_1, xǁStoreǁlook__mutmut_1
_VARIANT = re.compile(r"x(?:_|ǁ.+ǁ)(.+)__mutmut_.+")
_CONFIG = """\
[tool.mutmut]
source_paths = ["{utils}"]
only_mutate = {only}
also_copy = ["ansible_collections"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:xdist"]
pytest_add_cli_args_test_selection = {tests}

[tool.pytest.ini_options]
pythonpath = ["{inside}"]
addopts = ["--import-mode=importlib", "--strict-markers", "-m", "not long"]
markers = ["long: takes minutes"]
"""


class Part(t.NamedTuple):
    """Files that are changed, but those of an earlier part, and the folders of tests that should see it, without some."""

    only: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...]


# those look at the checkout or start nodes
_ABOUT_ELSE = ("test_repository*", "test_stand_in*", "test_bed*", "test_patience*", "test_product_detect*", "test_release*")

PARTS: t.Mapping[str, Part] = {
    "core": Part(
        only=(
            "*/_roll/*.py",
            # not its fields.py: its functions are called once, when it is imported, before mutmut has chosen a mutant
            "*/_record/canary_key.py",
            "*/_record/content.py",
            "*/_record/files.py",
            "*/_record/live_progress.py",
            "*/_record/node_lock.py",
            "*/_record/states.py",
            "*/_record/withdrawal.py",
            "*/_archive/description.py",
            "*/_archive/copy_text.py",
            "*/_archive/shelved.py",
            "*/_web/cookies.py",
            "*/_web/gate.py",
            "*/_web/members_*.py",
            "*/_web/readiness.py",
            "*/_web/redirect.py",
            "*/_web/sign_in_refused.py",
            "*/_web/visitor.py",
            "*/_balancers/apache*.py",
            "*/_balancers/balancer.py",
            "*/_balancers/haproxy.py",
            "*/_balancers/tcp_table.py",
            "*/_detect/last_look.py",
            "*/_detect/service_manager.py",
            "*/_detect/jdbc_url.py",
            "*/_detect/moved.py",
            "*/_detect/rights.py",
            "*/_detect/told_alone.py",
            "*/_tokens/commit_end.py",
            "*/_tokens/driver_errors.py",
            "*/_tokens/engines.py",
            "*/_tokens/supported.py",
            "*/_tokens/error_words.py",
            "*/_tokens/mysql_joined.py",
            "*/_tokens/mysql_rights.py",
            "*/_tokens/script.py",
            "*/_tokens/table.py",
            "*/_tokens/tls.py",
            "*/_tokens/user_scope.py",
            "*/_tokens/user_table.py",
            "*/_revoke/adds_up.py",
            "*/_revoke/members.py",
            "*/_revoke/when_free.py",
        ),
        tests=("tests/unit",),
        without=_ABOUT_ELSE,
    ),
    # the quickest tests are asked first: where one without a server sees the change, no server is started
    "stores": Part(
        only=("*/_tokens/*.py", "*/_revoke/*.py"),
        tests=("tests/unit", "tests/database"),
        # a module that Ansible has packed knows of no mutant
        without=(*_ABOUT_ELSE, "test_modules*"),
    ),
}


class Mutant(t.NamedTuple):
    """One change, by mutmut's name for it, and what became of it."""

    file: str
    name: str
    fate: str


def main(arguments: t.Sequence[str]) -> int:
    """Exit status 0 when mutmut came through, whatever survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.mutants", description="Which changes of the collection does no test see?")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--only", nargs="+", default=["*"], metavar="PATTERN", help="of the files of the parts only these")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    written = [title := f"# Mutants, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", ""]
    for name in options.parts or PARTS:
        folder = BUILD / "mutants" / name
        if not run(name, options.only, folder):
            print(f"mutmut did not come through: see {folder}/log", file=sys.stderr)
            return 1
        mutants = [one for one in read(folder / "mutants" / UTILS) if wanted(one.file, name, options.only)]
        reasons = [one for one in read_reasons(REASONS.read_text(encoding="utf-8")) if one.file in {short(each.file) for each in mutants}]
        written += [f"## {name}", "", *table(mutants), "", *survivors(mutants, partial(changed, folder), reasons), ""]
    target = BUILD / f"mutants-{title.split()[2]}-{datetime.now(UTC):%H%M%S}.md"
    target.write_text("\n".join(written), encoding="utf-8")
    print("\n".join(written))
    print(f"Written: {target}")
    return 0


def run(name: str, only: t.Sequence[str], folder: Path) -> bool:
    """Bring the copy of that part up to date and let mutmut work on it; what it says is in the log there."""
    part = PARTS[name]
    copy = folder / INSIDE
    copy_checkout(copy)
    utils = [f"{UTILS}/{path.relative_to(copy / 'plugins/module_utils')}" for path in (copy / "plugins/module_utils").rglob("*.py")]
    mutated = sorted(file for file in utils if wanted(file, name, only))
    # no list of files: with another list mutmut would try each mutant again
    tests = [*(f"{INSIDE}/{one}" for one in part.tests), *(f"--ignore-glob=*/{one}" for one in part.without)]
    config = _CONFIG.format(utils=UTILS, inside=INSIDE, only=json.dumps(mutated), tests=json.dumps(tests))
    (folder / "pyproject.toml").write_text(config, encoding="utf-8")
    forget_survivors(folder / "mutants" / UTILS)
    # which tests come to which function: mutmut would ask only of tests that are new, and not of functions that are
    (folder / "mutants/mutmut-stats.json").unlink(missing_ok=True)
    with (folder / "log").open("w", encoding="utf-8") as log:
        command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "2"]
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode == 0


def copy_checkout(copy: Path) -> None:
    """What git knows of, and what is new."""
    shutil.rmtree(copy, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, copy / name)


def wanted(file: str, part: str, only: t.Sequence[str]) -> bool:
    """Whether a file of the collection is one of the part's, and one of those asked for."""
    return part_of(file) == part and _fits(file, only)


def part_of(file: str) -> str:
    """The first part that has it, '' where none does."""
    return next((name for name, part in PARTS.items() if _fits(file, part.only)), "")


def _fits(file: str, patterns: t.Sequence[str]) -> bool:
    return any(fnmatchcase(file, pattern) for pattern in patterns)


def read(folder: Path) -> list[Mutant]:
    """What mutmut has noted beside the files that it changed."""
    found = []
    for path in sorted(folder.rglob("*.py.meta")):
        file = f"{UTILS}/{path.relative_to(folder)}"[: -len(".meta")]
        statuses = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        found += [Mutant(file, name, fate_of(status)) for name, status in statuses.items()]
    return found


def forget_survivors(folder: Path) -> None:
    """What lived is noted as not tried: tests that were added since may see it."""
    for path in folder.rglob("*.py.meta"):
        noted = json.loads(path.read_text(encoding="utf-8"))
        statuses = noted["exit_code_by_key"].items()
        noted["exit_code_by_key"] = {name: None if fate_of(status) in ("survived", "no test") else status for name, status in statuses}
        path.write_text(json.dumps(noted), encoding="utf-8")


def fate_of(status: int | None) -> str:
    """What the exit status of a mutant's tests means."""
    if status is None:
        return "not tried"
    if status in _TIMEOUT:
        return "timed out"
    if status in _NO_TESTS:
        return "no test"
    return "survived" if status in _SURVIVED else "killed"


def score(mutants: t.Sequence[Mutant]) -> float:
    """Percent of those tried that a test saw; one that never ended was seen, one that no test reaches was not."""
    tried = [one for one in mutants if one.fate != "not tried"]
    return 100 * sum(one.fate in ("killed", "timed out") for one in tried) / max(len(tried), 1)


def table(mutants: t.Sequence[Mutant]) -> list[str]:
    """A line per file, the last one for all."""
    fates = ("killed", "timed out", "survived", "no test", "not tried")
    groups = {file: [one for one in mutants if one.file == file] for file in sorted({one.file for one in mutants})} | {"all": [*mutants]}
    rows = []
    for file, group in groups.items():
        counts = " | ".join(str(sum(one.fate == fate for one in group)) for fate in fates)
        rows.append(f"| {short(file)} | {len(group)} | {counts} | {score(group):.1f} |")
    return [f"| file | mutants | {' | '.join(fates)} | score |", "|---|---:|---:|---:|---:|---:|---:|---:|", *rows]


def survivors(mutants: t.Sequence[Mutant], show: t.Callable[[Mutant], Change], reasons: t.Sequence[Reason]) -> list[str]:
    """A line per change that no test saw, with the reason why none needs to; first those that have none, last the reasons of nothing."""
    changes = {one.name.rpartition(".")[2]: show(one) for one in mutants if one.fate in ("survived", "no test")}
    why = {name: explain(change, reasons) for name, change in changes.items()}
    lines = {name: f"- `{name}` ({change.file}): {change.in_words}" for name, change in changes.items()}
    left = [one for one in unused(reasons, list(changes.values())) if all(each.fate != "not tried" for each in mutants)]
    groups = {
        "lived and nobody has said why": [line for name, line in lines.items() if not why[name]],
        "lived, and why that is no hole": [f"{line}: {why[name]}" for name, line in lines.items() if why[name]],
        "reasons that explain nothing any more": [f"- {one.file}: `{one.before}`" for one in left],
    }
    return [line for title, rows in groups.items() for line in (f"### {len(rows)} {title}", "", *rows, "")]


def short(file: str) -> str:
    """The room and the file."""
    return file.removeprefix(f"{UTILS}/")


def changed(folder: Path, mutant: Mutant) -> Change:
    """What was changed."""
    return changed_line(short(mutant.file), functions(folder / "mutants" / mutant.file), mutant.name.rpartition(".")[2])


@cache
def functions(file: Path) -> t.Mapping[str, list[str]]:
    """The lines of each variant of each function that mutmut wrote into the file, by the variant's name; its own in the first line."""
    text = file.read_text(encoding="utf-8")
    lines, nodes = text.splitlines(), [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return {
        node.name: [lines[node.lineno - 1].replace(node.name, _VARIANT.sub(r"\1", node.name)), *lines[node.lineno : node.end_lineno]]
        for node in nodes
    }


def changed_line(file: str, variants: t.Mapping[str, list[str]], name: str) -> Change:
    """What one variant has otherwise than the original."""
    original = variants[name.partition("__mutmut_")[0] + "__mutmut_orig"]
    differences = list(difflib.ndiff(original, variants[name]))
    return Change(file, *(" ".join(line[2:].strip() for line in differences if line[0] == sign) for sign in ("-", "+")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
