# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium without a window, spoken to over two pipes in its DevTools protocol: one page at a time, and all that it says and asks for."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import subprocess
import typing as t
from pathlib import Path

from demo.packages import find_chromium
from demo.patience import patient

Values = dict[str, t.Any]
_LONGEST = 30
_SWITCHES = (
    *(
        "--headless=new",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ),
    # its sandbox wants what a container does not give
    *("--no-sandbox", "--disable-dev-shm-usage", "--remote-debugging-pipe"),
)


class Chromium:
    """The browser, and its one tab."""

    def __init__(self, profile: Path) -> None:
        program = find_chromium()
        assert program, "chromium is not there: python -m demo.packages chromium"
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._read, self._write = ours_in, ours_out
        # it reads from 3 and writes to 4
        command = ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", program, *_SWITCHES, f"--user-data-dir={profile}"]
        self._process = subprocess.Popen(
            command,
            pass_fds=(theirs_in, theirs_out),
            # killed in the end, it leaves a folder there
            env={**os.environ, "TMPDIR": str(profile)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session = ""
        self.events: list[Values] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> Values:
        """A command and its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": self._session} if self._session else {})}
        self._send(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer.get('error')}"
                return t.cast("Values", answer["result"])
            self.events.append(answer)

    def open(self, path: Path) -> None:
        """Load the file; what was seen of another page before is forgotten."""
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self.events.append(self._next())

    def run(self, script: str) -> t.Any:
        """The value of an expression, or of what it promises, in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def look_like(self, width: int, scheme: str) -> None:
        """So wide a window, in the light or the dark colours."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: Path) -> None:
        """The whole page."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def print_to(self, path: Path) -> None:
        """On paper, A4."""
        answer = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        path.write_bytes(base64.b64decode(answer["data"]))

    @property
    def complaints(self) -> list[str]:
        """What stands in the console, and exceptions."""
        wanted = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(one["params"]) for one in self.events if one.get("method") in wanted]

    @property
    def requests(self) -> list[str]:
        """Every address that was asked for."""
        return [one["params"]["request"]["url"] for one in self.events if one.get("method") == "Network.requestWillBeSent"]

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def _send(self, message: bytes) -> None:
        rest = memoryview(message)
        while rest:
            rest = rest[os.write(self._write, rest) :]

    def _next(self) -> Values:
        while b"\0" not in self._rest:
            ready, _writable, _odd = select.select([self._read], [], [], patient(_LONGEST))
            data = os.read(self._read, 1 << 20) if ready else b""
            assert data, "chromium says nothing"
            self._rest += data
        message, _end, self._rest = self._rest.partition(b"\0")
        return t.cast("Values", json.loads(message))
