"""A headless Chromium that is looked at and typed into, by its DevTools protocol over two pipes.

    with Browser(folder) as b:
        page = b.open("http://127.0.0.1:1234/")
        page.wait("document.querySelector('h1')?.innerText === 'hello'", "the heading")
        page.key("Control+S")

It reaches no host but the loopback's.
"""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time

import pytest
from conftest import PATIENCE, wait_until

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless", "--enable-logging=stderr", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
    "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
# The protocol is spoken over the numbers 3 and 4, which a child made by Python cannot be given at once.
ONTO_3_AND_4 = (
    "import os, sys; r, w, *args = sys.argv[1:]; "
    "os.dup2(int(r), 3); os.dup2(int(w), 4); os.execv(args[0], args)"
)
NEAR = 60  # pixels
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
# name: (code, number of the key, text)
KEYS = {
    "Enter": ("Enter", 13, "\r"), "Escape": ("Escape", 27, ""), "Tab": ("Tab", 9, ""),
    "Backspace": ("Backspace", 8, ""), "Delete": ("Delete", 46, ""), "Home": ("Home", 36, ""), "End": ("End", 35, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""), "ArrowUp": ("ArrowUp", 38, ""), "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""), "F1": ("F1", 112, ""), "Space": ("Space", 32, " "), "/": ("Slash", 191, "/"),
}  # fmt: skip


def find_browser():
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    """One process; its log is `browser.log` in the folder."""

    def __init__(self, folder):
        path = find_browser()
        if path is None:
            pytest.skip("there is no Chromium")
        theirs, ours = self._pipes()
        self._in, self._out = ours
        self._said = b""
        self._answers = {}
        self._last = 0
        (folder / "browser").mkdir(exist_ok=True)
        with open(folder / "browser.log", "wb") as log:
            self.proc = subprocess.Popen(
                [sys.executable, "-c", ONTO_3_AND_4, *map(str, theirs), path, *ARGUMENTS,
                 f"--user-data-dir={folder / 'browser'}"],
                env={**os.environ, "HOME": str(folder)}, pass_fds=theirs,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        for fd in theirs:
            os.close(fd)

    @staticmethod
    def _pipes():
        """((what it reads, what it writes), (what we read, what we write)), none of them 3 or 4."""
        fds = [*os.pipe(), *os.pipe()]
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in fds]
        for fd in fds:
            os.close(fd)
        to_read, we_write, we_read, to_write = high
        return (to_read, to_write), (we_read, we_write)

    def call(self, method, session=None, **params):
        """Waits for its answer; events that come meanwhile are dropped."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        left = memoryview(json.dumps(message).encode() + b"\0")
        while left:
            left = left[os.write(self._out, left) :]
        answer = self._answer_to(self._last)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _answer_to(self, number):
        end = time.monotonic() + PATIENCE
        while True:
            *whole, self._said = self._said.split(b"\0")
            for text in whole:
                message = json.loads(text)
                if message.get("id") == number:
                    return message
            ready, _, _ = select.select([self._in], [], [], max(0, end - time.monotonic()))
            assert ready, f"the browser has not answered within {PATIENCE} s"
            piece = os.read(self._in, 1 << 20)
            assert piece, "the browser has ended"
            self._said += piece

    def open(self, url, width=1280, height=800):
        target = self.call("Target.createTarget", url="about:blank", width=width, height=height)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.call("Page.navigate", url=url)
        return page

    def close(self):
        with contextlib.suppress(OSError, AssertionError):
            self.call("Browser.close")
        try:
            self.proc.wait(PATIENCE)
        finally:
            self.proc.kill()
            self.proc.wait()
            os.close(self._in)
            os.close(self._out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Page:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def js(self, expression):
        """What the expression is there."""
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, (expression, got["exceptionDetails"])
        return got["result"].get("value")

    def wait(self, expression, what, timeout=PATIENCE):
        """The expression's first value that is true."""
        return wait_until(lambda: self.js(expression), what, timeout)

    def key(self, chord):
        """One key, as "a", "Enter" or "Control+Shift+P"."""
        *modifiers, name = chord.split("+") if len(chord) > 1 else [chord]
        held = sum(MODIFIERS[m] for m in modifiers)
        key = " " if name == "Space" else name
        code, number, text = KEYS.get(name) or (f"Key{name.upper()}", ord(name.upper()), name)
        if held & ~MODIFIERS["Shift"]:
            text = ""
        how = {"modifiers": held, "key": key, "code": code, "windowsVirtualKeyCode": number}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **how)
        self.call("Input.dispatchKeyEvent", type="keyUp", **how)

    def type(self, text):
        """Key by key, as a hand does."""
        for c in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", key=c, text=c)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=c)

    def click(self, element):
        """What that JavaScript expression names: near its left edge, for a line may be wider than the window."""
        box = self.js(f"({element}).getBoundingClientRect().toJSON()")
        x, y = box["x"] + min(box["width"], NEAR) / 2, box["y"] + box["height"] / 2
        how = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", **how)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", **how)

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
