# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ``ansible-test sanity`` on a copy of the checkout, on every supported Python of this machine.

ansible-test wants a repository of its own below a folder named ansible_collections. Arguments are handed on to it.
Everything is written below build/sanity, its home folder included.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import types
import typing as t
from pathlib import Path

import yaml
from ansible_test._internal.python_requirements import get_venv_packages
from ansible_test._util.target.common.constants import CONTROLLER_PYTHON_VERSIONS, REMOTE_ONLY_PYTHON_VERSIONS
from packaging.specifiers import SpecifierSet

from tests.tarball import copy_checkout_to
from tests.tools.pythons import interpreter

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build/sanity"
COPY = BUILD / "ansible_collections/dcops/atlassian_sessions"
# files in odd encodings, cut in the middle, without a line end: wrong on purpose
CORPUS = "tests/unit/corpus/"
HOME = BUILD / "home"
PYTHONS = BUILD / "pythons"

CONTROLLER = f"{sys.version_info.major}.{sys.version_info.minor}"

# ansible-test fetches this script from a server of its own; installing the same pip from the package registry does the same
GET_PIP = """\
import sys
sys.path.insert(0, {wheel!r})
from pip._internal.cli.main import main
sys.exit(main(["install", "--no-index", "--disable-pip-version-check", {wheel!r}]))
"""


def main(arguments: t.Sequence[str]) -> int:
    """Exit status of ansible-test; 1 also when it tested nothing."""
    copy_checkout()
    versions = link_pythons()
    provide_home()
    provide_pip()
    print(f"ansible-test sanity, modules on Python {', '.join(versions)}", flush=True)
    targets = [word for version in versions for word in ("--target-python", version)]
    command = ["ansible-test", "sanity", "--color", "no", "--controller", f"origin:python={CONTROLLER}", *targets, *arguments]
    path = os.pathsep.join([str(PYTHONS), str(Path(sys.executable).parent), os.environ["PATH"]])
    return run_and_watch(command, {**os.environ, "HOME": str(HOME), "PATH": path})


def copy_checkout() -> None:
    """Copy what git would commit, but the corpus, and make the copy a repository."""
    copy_checkout_to(COPY, but=(CORPUS,))
    subprocess.run(["git", "init", "--quiet"], cwd=COPY, check=True)


def link_pythons() -> list[str]:
    """Links to the interpreters that run, in a folder that goes first in PATH: there, a version manager's shims may answer for others."""
    shutil.rmtree(PYTHONS, ignore_errors=True)
    PYTHONS.mkdir(parents=True)
    required = SpecifierSet(yaml.safe_load((CHECKOUT / "tests/config.yml").read_text())["modules"]["python_requires"])
    supported = [version for version in (*REMOTE_ONLY_PYTHON_VERSIONS, *CONTROLLER_PYTHON_VERSIONS) if version in required]
    found = {version: interpreter(version) for version in supported}
    for version, real in found.items():
        if real:
            (PYTHONS / f"python{version}").symlink_to(real)
    return [version for version in supported if found[version]]


def provide_home() -> None:
    """A home folder for ansible-test, in which pip still finds its configuration and its cache."""
    for name in (".config/pip", ".pip", ".cache/pip"):
        real, link = Path.home() / name, HOME / name
        if real.exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(real)


def provide_pip() -> None:
    """The pip that this ansible-test puts into its virtual environments, where it looks for it."""
    version = get_venv_packages(types.SimpleNamespace(version=CONTROLLER))["pip"]
    cache = HOME / ".ansible/test/cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if not script.exists():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(cache), f"pip=={version}"], check=True
        )
        (wheel,) = cache.glob(f"pip-{version}-*.whl")
        script.write_text(GET_PIP.format(wheel=str(wheel)), encoding="utf-8")


def run_and_watch(command: t.Sequence[str], environment: t.Mapping[str, str]) -> int:
    """Run it, its output shown as it comes; a run without a target ends with status 0 and is a failure all the same."""
    tested = True
    with subprocess.Popen(
        command, cwd=COPY, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            tested = tested and "All targets skipped" not in line
    if not tested:
        print("ansible-test sanity tested nothing: it saw no file of the collection.", file=sys.stderr)
    return process.returncode if tested else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
