# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the repository itself: thin modules, a pure core, and documentation that names what is there."""

from __future__ import annotations

import ast
import re
import subprocess
import typing as t
from functools import cache, cached_property
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
PLUGINS = CHECKOUT / "plugins"
MODULES = sorted((PLUGINS / "modules").glob("*.py"))
ACTIONS = sorted((PLUGINS / "action").glob("*.py"))
UTILS = sorted((PLUGINS / "module_utils").rglob("*.py"))
ROLE = CHECKOUT / "roles/force_reauth"
TASKS = ROLE / "tasks"
PARTS = sorted(path for path in TASKS.rglob("*.yml") if path.parent != TASKS)

COLLECTION = "ansible_collections.dcops.atlassian_sessions."
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
MOST_LINES = 40

# All that a pure file may import: none of it reads a file, a clock, a network or a random number.
HARMLESS = {
    *(
        "__future__",
        "abc",
        "bisect",
        "collections",
        "collections.abc",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
    ),
    # the name of an encoding, by any name of it
    *("hmac", "codecs.lookup"),
    "difflib.get_close_matches",
    *("html.unescape", "ipaddress", "itertools", "json", "math", "re", "string", "textwrap", "typing", "urllib.parse"),
    *("xml.parsers", "xml.parsers.expat"),
    *("base64.b64decode", "base64.b64encode", "csv.DictReader", "glob.escape", "pathlib.PurePosixPath", "shlex.join", "shlex.split"),
    # what the C library reads as an address; nobody is asked
    "socket.inet_aton",
    # the bits of a mode
    *("stat.S_ISDIR", "stat.S_ISLNK", "stat.S_ISVTX", "stat.S_IWGRP", "stat.S_IWOTH"),
}
# And what it may not call, although the module that it comes from is harmless, or nothing has to be imported for it.
IMPURE_CALLS = {"open", "input", "print", "now", "utcnow", "today"}


class Source:
    """A Python file, parsed."""

    def __init__(self, text: str, path: Path = PLUGINS / "module_utils/_roll/invented.py") -> None:
        self.path = path
        self.tree = ast.parse(text)

    @classmethod
    def of(cls, path: Path) -> Source:
        return cls(path.read_text(encoding="utf-8"), path)

    @property
    def name(self) -> str:
        return str(self.path.relative_to(PLUGINS))

    @property
    def says_pure(self) -> bool:
        return re.search(r"\bPure\b", ast.get_docstring(self.tree) or "") is not None

    def imports(self) -> set[str]:
        """What it imports, dotted: ``module`` or ``module.name``, the latter also where the name is taken from an imported module."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {one for alias in node.names for one in self._used(alias)}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{self.name}: relative import"
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    def _used(self, alias: ast.alias) -> set[str]:
        known_as = alias.asname or alias.name
        taken = {node.attr for node in ast.walk(self.tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == known_as}
        return {f"{alias.name}.{name}" for name in taken} or {alias.name}

    @cached_property
    def own_files(self) -> set[Path]:
        """The files of this collection that it imports."""
        return {file for one in self.imports() for file in [_file_of(one)] if file}

    @cached_property
    def impurities(self) -> set[str]:
        """What keeps this file alone from being pure."""
        foreign = {one for one in self.imports() if not one.startswith(COLLECTION)}
        imported = {one for one in foreign if one not in HARMLESS and one.rpartition(".")[0] not in HARMLESS}
        names = {_called(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        return imported | {f"{name}()" for name in names & IMPURE_CALLS}


PLAYBOOKS = sorted(path.name for path in (CHECKOUT / "playbooks").glob("*.yml"))


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _file_of(dotted: str) -> Path | None:
    """The file behind an import of this collection's own, whether the import names the module or something in it."""
    if not dotted.startswith(COLLECTION):
        return None
    path = CHECKOUT / dotted.removeprefix(COLLECTION).replace(".", "/")
    candidates = (path.with_suffix(".py"), path.parent.with_suffix(".py"))
    return next((file for file in candidates if file.is_file()), None)


def lines_of_code(source: Source) -> int:
    """Lines that are neither documentation, docstring, comment nor blank."""
    code: set[int] = set()
    for statement in source.tree.body:
        if isinstance(statement, ast.Assign) and {getattr(target, "id", "") for target in statement.targets} & DOCUMENTATION:
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            if isinstance(node, (ast.stmt, ast.expr, ast.arg, ast.keyword)) and not isinstance(node, ast.Constant):
                code |= {node.lineno, node.end_lineno or node.lineno}
    return len(code)


def tracked_files() -> list[Path]:
    """The files of the repository: what git knows, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    return [path for name in listed.stdout.split("\0") if name for path in [CHECKOUT / name] if path.is_file()]


def yaml_of(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_is_documentation_and_little_code(path: Path) -> None:
    assert lines_of_code(Source.of(path)) <= MOST_LINES


def test_modules_end_by_the_one_exit() -> None:
    files = [path for path in [*MODULES, *UTILS] if "exit_json(" in path.read_text(encoding="utf-8")]
    assert [path.stem for path in files] == ["ending"]


def test_documentation_docstrings_and_comments_are_no_code() -> None:
    documentation = 'DOCUMENTATION = r"""\nmodule: x\n"""\n# why\n'
    code = 'def main():\n    """Do it."""\n\n    work(\n        1,\n        two=2,\n    )\n'
    assert lines_of_code(Source(documentation + code)) == len(["def main", "work(", "two=2", ")"])


@cache
def _core() -> dict[Path, Source]:
    return {path: Source.of(path) for path in UTILS if path.stem != "__init__"}


def impurity_of(path: Path, sources: t.Mapping[Path, Source]) -> set[str]:
    """What keeps a file from being pure, its own imports included, as ``file: reason``."""
    reached, waiting = set[Path](), [path]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += sources[one].own_files
    return {f"{sources[one].name}: {reason}" for one in reached for reason in sources[one].impurities}


@pytest.mark.parametrize(
    "path", [path for path, source in _core().items() if source.says_pure], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_file_that_says_it_is_pure_is_pure_with_all_that_it_imports(path: Path) -> None:
    assert impurity_of(path, _core()) == set()


@pytest.mark.parametrize("path", [path for path in _core() if path.parent.name == "_roll"], ids=lambda path: path.stem)
def test_what_is_decided_on_what_was_seen_is_decided_by_pure_files(path: Path) -> None:
    assert _core()[path].says_pure


PURE = (
    "_archive/description",
    "_base/errors",
    "_base/text",
    "_detect/installation",
    "_detect/jdbc_url",
    "_products/_catalogue",
    "_products/_shape",
    "_revoke/adds_up",
    "_roll/plan",
)


@pytest.mark.parametrize("name", [*PURE, "_roll/verdict"])
def test_the_decisions_and_the_data_are_pure(name: str) -> None:
    assert impurity_of(PLUGINS / f"module_utils/{name}.py", _core()) == set()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import time", "time"),
        ("from pathlib import Path", "pathlib.Path"),
        ("from glob import glob", "glob.glob"),
        ("import glob\nglob.glob(glob.escape('x'))", "glob.glob"),
        ("import sqlalchemy", "sqlalchemy"),
        ("from ansible.module_utils.urls import open_url", "ansible.module_utils.urls.open_url"),
        ("def f():\n    import http.client", "http.client"),
        ("import datetime\nNOW = datetime.datetime.now()", "now()"),
        ("TEXT = open('/etc/passwd').read()", "open()"),
    ],
)
def test_files_clocks_and_networks_are_not_pure(text: str, reason: str) -> None:
    assert Source(text).impurities == {reason}


def test_a_file_is_not_pure_when_it_imports_one_that_is_not() -> None:
    edge = PLUGINS / "module_utils/_web/http.py"
    invented = Source(f"from {COLLECTION}plugins.module_utils._web import http")
    assert any(one.startswith("module_utils/_web/http.py: ") for one in impurity_of(invented.path, {**_core(), invented.path: invented}))
    assert edge in invented.own_files


def imports_in_a_circle(sources: t.Mapping[Path, Source]) -> list[str]:
    """The first circle found, as names of files; empty when imports run one way."""

    def walk(path: Path, way: tuple[Path, ...]) -> list[str]:
        if path in way:
            return [sources[one].name for one in (*way[way.index(path) :], path)]
        if path in done:
            return []
        for other in sorted(sources[path].own_files):
            circle = walk(other, (*way, path))
            if circle:
                return circle
        done.add(path)
        return []

    done: set[Path] = set()
    return next((circle for path in sources for circle in [walk(path, ())] if circle), [])


def test_imports_run_one_way() -> None:
    assert imports_in_a_circle(_core()) == []


def test_a_circle_of_imports_is_found() -> None:
    paths = [PLUGINS / f"module_utils/{name}.py" for name in ("_web/gate", "_roll/verdict")]
    texts = [f"from {COLLECTION}plugins.module_utils._roll import verdict", f"from {COLLECTION}plugins.module_utils._web import gate"]
    sources = {path: Source(text, path) for path, text in zip(paths, texts, strict=True)}
    assert imports_in_a_circle(sources) == ["module_utils/_web/gate.py", "module_utils/_roll/verdict.py", "module_utils/_web/gate.py"]


def passed_on(sources: t.Iterable[Source]) -> list[str]:
    """Names that are imported from one of our files which has them from another, as ``file: name``."""
    return sorted(
        f"{source.path.relative_to(CHECKOUT)}: {alias.name}"
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        for file in [_file_of(f"{COLLECTION}{(node.module or '').removeprefix(COLLECTION)}.{alias.name}")]
        if file and file.stem != alias.name and alias.name not in _defined_in(file)
    )


@cache
def _defined_in(file: Path) -> set[str]:
    nodes = list(ast.walk(Source.of(file).tree))
    made = {node.name for node in nodes if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))}
    return made | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def test_a_name_is_imported_from_the_file_that_defines_it() -> None:
    assert passed_on(Source.of(path) for path in tracked_files() if path.suffix == ".py") == []


def test_a_name_that_another_file_passes_on_is_found() -> None:
    invented = Source(f"from {COLLECTION}plugins.module_utils._detect.jdbc_url import JdbcUrl, parse_jdbc_url")
    assert passed_on([invented]) == ["plugins/module_utils/_roll/invented.py: JdbcUrl"]


# Each room imports those before it, and none behind it: docs/architecture.md says what belongs where.
ROOMS = ("_base", "_products", "_record", "_archive", "_tokens", "_web", "_balancers", "_detect", "_roll", "_evidence", "_revoke")


def wrong_ways(sources: t.Mapping[Path, Source]) -> list[str]:
    """Imports that run from one room to a later one, as ``file -> file``."""

    def room(path: Path) -> int:
        return ROOMS.index(path.parent.name)

    pairs = ((path, other) for path in sorted(sources) for other in sorted(sources[path].own_files))
    return [f"{sources[path].name} -> {other.relative_to(PLUGINS)}" for path, other in pairs if room(other) > room(path)]


def test_rooms_import_only_the_rooms_before_them() -> None:
    assert wrong_ways(_core()) == []


def test_an_import_of_a_later_room_is_found() -> None:
    path = PLUGINS / "module_utils/_tokens/invented.py"
    invented = Source(f"from {COLLECTION}plugins.module_utils._roll import verdict", path)
    assert wrong_ways({path: invented}) == ["module_utils/_tokens/invented.py -> module_utils/_roll/verdict.py"]


def test_every_file_that_modules_share_lies_in_a_room_that_the_page_on_architecture_explains() -> None:
    rooms = {path.parent.name for path in UTILS}
    explained = set(re.findall(r"(?m)^\| `(_\w+)/` \|", (CHECKOUT / "docs/architecture.md").read_text(encoding="utf-8")))
    assert (rooms, explained) == (set(ROOMS), set(ROOMS))


@pytest.mark.parametrize("path", UTILS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_modules_share_imports_no_module_or_plugin(path: Path) -> None:
    assert all(other.is_relative_to(PLUGINS / "module_utils") for other in Source.of(path).own_files)


@pytest.mark.parametrize("path", [path for path in UTILS if path.stem == "__init__"], ids=lambda path: path.parent.name)
def test_packages_are_empty(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_is_named_by_a_test_or_a_task_of_the_role(path: Path) -> None:
    tests = [file for file in (CHECKOUT / "tests").rglob("test_*.py") if file != Path(__file__)]
    tasks = list(TASKS.rglob("*.yml"))
    named = re.compile(rf"(\b|_){path.stem}\b")
    assert any(named.search(file.read_text(encoding="utf-8")) for file in (*tests, *tasks))


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.stem)
def test_every_action_plugin_has_a_module_that_documents_it(path: Path) -> None:
    assert path.stem in {module.stem for module in MODULES}


def test_the_sanity_tests_of_ansible_ignore_nothing() -> None:
    assert list((CHECKOUT / "tests/sanity").glob("ignore*")) == []


# what belongs to one machine, one registry or one person
FOREIGN = re.compile(
    r"""(?:^|[\s"'`=(:])/(?:work|root|opt/(?:wheels|pypi))(?![\w-])
    |\bpypi\.org|deb\.debian\.org|registry\.npmjs|index[-_]url
    |\bissue\ \#?\d""",
    re.IGNORECASE | re.VERBOSE,
)


def test_the_repository_speaks_of_no_machine_and_no_registry() -> None:
    files = [path for path in tracked_files() if path != Path(__file__) and path.name != "LICENSE"]
    found = [
        f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["cd /work/here", "home = /root", "see https://pypi.org/simple", "--extra-index-url x", "closes issue 3"])
def test_the_words_of_a_machine_are_found(line: str) -> None:
    assert FOREIGN.search(line)


@pytest.mark.parametrize("line", ["{install}/work/Catalina", "{install}/work/catalina.pid", "/opt/atlassian/jira", "the /rootless page"])
def test_the_folders_of_a_product_are_no_machine(line: str) -> None:
    assert not FOREIGN.search(line)


def test_python_files_begin_with_the_same_licence() -> None:
    header = "# Copyright: Contributors to the dcops.atlassian_sessions project\n# GNU General Public License v3.0+ (see LICENSE"
    files = [path for path in tracked_files() if path.suffix == ".py" and path.name != "__init__.py"]
    assert [path.name for path in files if header not in path.read_text(encoding="utf-8")[:300]] == []


def entry_points() -> set[str]:
    """The task files that playbooks start the role with, and main."""
    playbooks = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "playbooks").rglob("*.yml")]
    return {"main"} | {name for text in playbooks for name in re.findall(r"tasks_from: (\w+)", text)}


def argument_specs() -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml_of(ROLE / "meta/argument_specs.yml")["argument_specs"])


def variables() -> dict[str, t.Any]:
    """Every variable that an entry point takes, with its argument spec."""
    return {name: spec for entry in argument_specs().values() for name, spec in entry.get("options", {}).items()}


def test_beside_the_entry_points_of_the_role_lies_nothing_else() -> None:
    assert {path.stem for path in TASKS.glob("*.yml")} == entry_points()


def included_in(path: Path) -> set[str]:
    """The files of the role that a task file includes or imports, by the path that it gives them."""
    return set(re.findall(r"(?:include|import)_tasks: ([\w./]+)", path.read_text(encoding="utf-8")))


def test_every_part_of_a_step_is_included_by_its_path_from_the_folder_of_the_steps() -> None:
    files = {str(path.relative_to(TASKS)): path for path in TASKS.rglob("*.yml")}
    included = {name for path in files.values() for name in included_in(path)}
    assert included - set(files) == set()
    assert set(files) - included - {f"{name}.yml" for name in entry_points()} == set()


@pytest.mark.parametrize("path", PARTS, ids=lambda path: str(path.relative_to(TASKS)))
def test_a_part_of_a_step_imports_nothing(path: Path) -> None:
    """Ansible would look for it in the folder where the run is started first: a file of the site would run in its place."""
    assert "import_tasks" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_every_play_names_its_strategy_whatever_the_site_s_is(name: str) -> None:
    assert {play.get("strategy") for play in yaml_of(CHECKOUT / "playbooks" / name)} == {"linear"}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_no_play_is_cut_short_by_the_time_that_a_site_gives_a_task(name: str) -> None:
    assert {play.get("timeout") for play in yaml_of(CHECKOUT / "playbooks" / name)} == {0}


@pytest.mark.parametrize(("file", "module"), [("look", "node_look"), ("cluster/standbys", "product_detect")])
def test_a_look_at_a_host_has_an_end_and_its_node_says_why(file: str, module: str) -> None:
    (task,) = (one for one in yaml_of(TASKS / f"{file}.yml") if f"dcops.atlassian_sessions.{module}" in one)
    # failed_when does not reach a task that was given up
    assert (task.get("timeout"), task.get("ignore_errors")) == (600, True)


@pytest.mark.parametrize("file", ["stop_all", "revoke", "tokens/came_back"])
def test_what_may_read_the_archives_of_the_run_has_its_key(file: str) -> None:
    """Those of an earlier start are encrypted for it, too."""
    tasks = [inner for outer in yaml_of(TASKS / f"{file}.yml") for inner in outer.get("block", [outer])]
    purges = [task[name] for task in tasks if (name := "dcops.atlassian_sessions.remember_me_purge") in task]
    assert [purge.get("archive_key") for purge in purges] == ["{{ __force_reauth_archive_key }}"]


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_every_play_with_tasks_says_whether_an_error_is_fatal_whatever_the_site_s_setting_is(name: str) -> None:
    silent = [play["name"] for play in yaml_of(CHECKOUT / "playbooks" / name) if play["tasks"] and "any_errors_fatal" not in play]
    assert silent == []


def test_the_defaults_are_the_variables_of_the_argument_specs() -> None:
    assert set(yaml_of(ROLE / "defaults/main.yml")) == set(variables())


def test_passwords_are_not_logged() -> None:
    assert [name for name, spec in variables().items() if name.endswith("_password") and not spec.get("no_log")] == []


def test_the_tasks_use_only_variables_that_are_checked() -> None:
    files = [*ROLE.rglob("*.yml"), *(CHECKOUT / "playbooks").rglob("*.yml")]
    used = {name for path in files for name in re.findall(r"(?<![\w.])force_reauth_\w+", path.read_text(encoding="utf-8"))}
    assert used - set(variables()) - {"force_reauth_nodes", "force_reauth_roll", "force_reauth_standby"} == set()  # groups


# Ansible's own words for true are fewer than those of the table of types, and before ansible-core 2.19 a number in a template is a text
_CASTS = re.compile(
    r"(?:\||\bmap\()\s*['\"]?bool\b|(?:\bforce_reauth_|__force_reauth_given\.)\w+[^|{}\n]*(?:\|[^|{}\n]*)*?\|\s*(?:map\(\s*['\"])?(?:int|float)\b"
)


def casts_in(text: str) -> list[str]:
    """Where a variable of the role is made a truth value or a number by something else than ``role_settings``."""
    return [found[0] for found in _CASTS.finditer(text)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ force_reauth_cold_standby | bool }}",
        "{{ nodes | map('extract', hostvars, 'force_reauth_cold_standby') | map('bool') }}",
        '{{ hostvars[item].force_reauth_stop_timeout | default(600) | map("int") }}',
        'port: "{{ __force_reauth_given.database_port | int }}"',
    ],
)
def test_a_variable_that_gets_its_type_elsewhere_is_found(text: str) -> None:
    assert casts_in(text)


@pytest.mark.parametrize("path", [*ROLE.rglob("*.yml"), *(CHECKOUT / "playbooks").rglob("*.yml")], ids=lambda path: path.name)
def test_one_place_alone_gives_each_variable_its_type(path: Path) -> None:
    assert casts_in(path.read_text(encoding="utf-8")) == []


def test_the_list_of_modules_in_the_action_groups_is_true() -> None:
    groups = yaml_of(CHECKOUT / "meta/runtime.yml")["action_groups"]
    assert {name for names in groups.values() for name in names} <= {module.stem for module in MODULES}
