# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the real playbook against a stand-in cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from demo.disk import write_atomically
from demo.patience import patient

CHECKOUT = Path(__file__).resolve().parent.parent
PLAYBOOK = "dcops.atlassian_sessions.force_reauth"
STORY = "dcops.atlassian_sessions.story"


class PlaybookRun:
    """One run. ``scratch`` takes what Ansible writes for itself and the file of secrets: remove it afterwards.

    ``story``: it is shown on one screen, else task by task.
    """

    def __init__(self, scratch: Path, story: bool = True) -> None:
        self._scratch = scratch
        self._story = {"ANSIBLE_STDOUT_CALLBACK": STORY} if story else {}

    def run(self, inventory: Path, secret_variables: t.Mapping[str, str]) -> int:
        """Its exit status; the output goes to ours. An exception here ends ansible as well."""
        secrets_file = self._scratch / "secrets.json"
        write_atomically(secrets_file, json.dumps(secret_variables))
        program = Path(sys.executable).with_name("ansible-playbook")
        command = [str(program), "-i", str(inventory), "-e", f"@{secrets_file}", PLAYBOOK]
        print("$ " + " ".join(["ansible-playbook", *command[1:]]), flush=True)
        process = subprocess.Popen(command, env=self._environment(), stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            return process.wait()
        finally:
            self._end(process)

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return {
            **own,
            "ANSIBLE_CONFIG": str(write_config(self._scratch)),
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
            **self._story,
            "PYTHONUNBUFFERED": "1",
        }

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is not None:
            return
        # first the polite way: ansible ends its workers
        process.terminate()
        try:
            process.wait(timeout=patient(5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def write_config(scratch: Path) -> Path:
    """An ansible.cfg that keeps everything in ``scratch``; the user's own configuration has no say in a demo."""
    path = scratch / "ansible.cfg"
    folder = scratch / "ansible"
    path.write_text(
        f"[defaults]\nhome = {folder}\nlocal_tmp = {folder}/tmp\nremote_tmp = {folder}/tmp\nretry_files_enabled = false\nnocows = true\n",
        encoding="utf-8",
    )
    return path


def collections_path() -> Path:
    """A folder below which the checkout is found as a collection; made when it is not there yet."""
    root = CHECKOUT / "build/collections"
    link = root / "ansible_collections/dcops/atlassian_sessions"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(CHECKOUT)
    return root
