# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release up to its upload, on a copy below build/release: changelog, tarball, Galaxy's importer, an installation of it.

Says what would be uploaded and what would be committed. The checkout stays as it is, and nothing is sent to anybody.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
import typing as t
from pathlib import Path

from tests.tarball import CHECKOUT, NAME, Failed, build, copy_checkout_to, install, judged_by_galaxy, run, verify

BUILD = CHECKOUT / "build/release"


def main(arguments: t.Sequence[str]) -> int:
    """Exit status 0 when Galaxy would take it as it is."""
    parser = argparse.ArgumentParser(description="Makes a release up to its upload, and says what would be uploaded.")
    parser.add_argument("version", type=_version, help="the version, as 1.2.3")
    parser.add_argument("repository", type=_address, help="the https address at which the sources are published")
    given = parser.parse_args(arguments)
    shutil.rmtree(BUILD, ignore_errors=True)
    try:
        tarball = make(given.version, given.repository, BUILD)
        complaints = judged_by_galaxy(tarball, BUILD)
    except Failed as failed:
        print(f"{failed}\nNo release: see above.", file=sys.stderr)
        return 1
    print("\n".join([*complaints, *report(tarball)]))
    return int(bool(complaints))


def make(version: str, repository: str, folder: Path) -> Path:
    """The tarball of that version, installed and verified once; raises Failed. The copy that it was made of lies beside it."""
    copy = folder / "source"
    copy_checkout_to(copy)
    settings = copy / "galaxy.yml"
    text = settings.read_text(encoding="utf-8")
    for name, value in (("version", version), ("repository", repository)):
        text = re.sub(rf"^{name}: .*$", f"{name}: {value}", text, flags=re.MULTILINE)
    settings.write_text(text, encoding="utf-8")
    run("antsibull-changelog", "release", "--version", version, folder=copy)
    tarball = build(folder, copy)
    installed = folder / "installed"
    installed.mkdir()
    install(tarball, installed)
    verify(installed)
    return tarball


def report(tarball: Path) -> list[str]:
    """What would be uploaded, and how."""
    content = tarball.read_bytes()
    return [
        f"{NAME}: built, installed into an empty folder, verified; Galaxy's importer has read it.",
        f"This would be uploaded: {tarball} ({len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()})",
        f"by: ansible-galaxy collection publish {tarball}",
        f"This would be committed before: galaxy.yml, CHANGELOG.md and changelogs/ of {tarball.parent / 'source'}",
        "Nothing was uploaded, and the checkout is as it was.",
    ]


def _version(text: str) -> str:
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no version like 1.2.3")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"https://[\w.-]+/\S+", text) or re.match(r"https://([\w-]+\.)*example\.", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no https address at which sources are published: give REPOSITORY")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
