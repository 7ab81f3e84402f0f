# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball, installed into an empty folder, as others start it, and several clusters at once."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import typing as t
from pathlib import Path

import pytest

from demo.imitated import PRODUCTS
from demo.playbook import PLAYBOOK
from tests.borrowed import program_of_its_own
from tests.playbook.runs import Site
from tests.tarball import build, install

pytestmark = pytest.mark.long

MakeSite = t.Callable[..., Site]


def make_other_collection(collections: Path) -> None:
    """A collection of the site, whose playbook imports ours."""
    other = collections / "ansible_collections/site/security"
    (other / "playbooks").mkdir(parents=True)
    (other / "galaxy.yml").write_text("namespace: site\nname: security\nversion: 1.0.0\n", encoding="utf-8")
    text = f"---\n- name: Sign everybody out\n  ansible.builtin.import_playbook: {PLAYBOOK}\n"
    (other / "playbooks/sign_out.yml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ansible-galaxy has installed the tarball, beside the other collection."""
    folder = tmp_path_factory.mktemp("collections")
    install(build(tmp_path_factory.mktemp("tarball")), folder)
    make_other_collection(folder)
    return folder


def by_playbook(site: Site) -> tuple[list[str], dict[str, str]]:
    return site.command("-i", str(site.write_inventory()), "site.security.sign_out"), {}


def by_runner(site: Site) -> tuple[list[str], dict[str, str]]:
    program = str(Path(sys.executable).with_name("ansible-runner"))
    job = site.folder / "job"
    for name in ("inventory", "env", "project"):
        (job / name).mkdir(parents=True)
    shutil.copy(site.write_inventory(), job / "inventory/hosts.yml")
    (job / "env/extravars").write_text(json.dumps(site.secrets), encoding="utf-8")
    return [program, "run", str(job), "-p", "site.security.sign_out", "--ident", "1"], {}


def by_navigator(site: Site) -> tuple[list[str], dict[str, str]]:
    packages = ("ansible-navigator >= 26, < 27", "ansible-core >= 2.19, < 2.20", "SQLAlchemy >= 2, < 2.1")
    program = program_of_its_own("ansible-navigator", *packages)
    settings = [
        "--ee",
        "false",
        "--mode",
        "stdout",
        "--playbook-artifact-enable",
        "false",
        "--log-file",
        str(site.folder / "navigator.log"),
    ]
    _program, *files = site.command("-i", str(site.write_inventory()))
    return [str(program), "run", "site.security.sign_out", *settings, *files], {"PATH": f"{program.parent}:/usr/bin:/bin"}


@pytest.mark.parametrize("program", [by_playbook, by_runner, by_navigator], ids=["playbook", "runner", "navigator"])
def test_a_playbook_of_another_collection_imports_the_installed_one(
    make_site: MakeSite, collections: Path, program: t.Callable[[Site], tuple[list[str], dict[str, str]]]
) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    # what ansible-runner starts cannot be told from an execution environment
    site.variables["force_reauth_accept_local_archive"] = True
    command, environment = program(site)
    result = site.start_program(command, ANSIBLE_COLLECTIONS_PATH=str(collections), **environment).wait()
    assert result.status == 0, result.output
    result.assert_says(": PROVEN")
    assert site.open_doors(browsers) == []


def test_three_clusters_are_treated_side_by_side_with_one_archive_folder_and_nothing_is_mixed_up(
    make_site: MakeSite, tmp_path: Path
) -> None:
    sites = {name: make_site(nodes=2, product=PRODUCTS[name]) for name in ("jira", "confluence", "bitbucket")}
    browsers = {name: site.sign_in(f"{name}-user") for name, site in sites.items()}
    tokens = {name: {token for _key, token, _user in site.cluster.token_rows()} for name, site in sites.items()}
    for site in sites.values():
        site.variables["force_reauth_archive_dir"] = str(tmp_path / "archives")
    runs = {name: site.start(run_id="CHG-1") for name, site in sites.items()}
    for name, result in {name: run.wait() for name, run in runs.items()}.items():
        assert result.status == 0, result.output
        result.assert_says(": PROVEN")
        assert sites[name].open_doors(browsers[name]) == []
    folders = {path.name.partition("-")[0]: path for path in (tmp_path / "archives").iterdir()}
    assert set(folders) == set(sites)
    for name, folder in folders.items():
        rows = "".join(gzip.decompress(path.read_bytes()).decode() for path in folder.glob("CHG-1/*.tsv.gz"))
        assert {one for one in tokens if any(token in rows for token in tokens[one])} == {name}
        record = json.loads((folder / "CHG-1/run.json").read_text(encoding="utf-8"))["record"]
        assert (record["phase"], record["run_id"]) == ("proven", "CHG-1")
