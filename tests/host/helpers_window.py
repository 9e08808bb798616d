"""VS Code's real window: code-server with our extension, looked at through a headless Chromium.

    with Window(home, vsix, folder=work) as w:
        w.open_file(work / "main.c")
        w.command("askd: Ask About the Selection")
        w.answer_box("what is this?")
        w.wait_lines(["It is a program."], ANSWER)

It is used as a hand uses it: keys, the palette, the mouse; and looked at as an eye does: what the page shows.
"""

import json
import os
import pathlib
import re
import signal
import subprocess

import pytest
from conftest import PATIENCE, askctl_path, build_dir, wait_until
from helpers_browser import Browser

HERE = pathlib.Path(__file__).resolve().parent
STARTS = 120  # seconds in which a window has to come up
NO_GALLERY = json.dumps({"serviceUrl": "http://127.0.0.1:9"})
SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.enableExperiments": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "security.workspace.trust.enabled": False,
    "update.mode": "none",
    "chat.mcp.access": "none",  # or each question waits for servers of that kind
    "chat.mcp.autostart": "never",
    "editor.accessibilitySupport": "off",
    "editor.minimap.enabled": False,
    "editor.wordWrap": "off",
    "[markdown]": {"editor.wordWrap": "off"},
    "editor.autoClosingBrackets": "never",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.wordBasedSuggestions": "off",
    "files.autoSave": "off",
    "files.hotExit": "off",
}
# Hard blanks are blanks, and what has no width is not there.
LOOK = r"""
(() => {
    const text = (e) => (e.innerText ?? e.textContent ?? "").replace(/\u00a0/g, " ").replace(/[\u200b\u200c]/g, "");
    window.askd = {
        seen: (selector) => [...document.querySelectorAll(selector)].filter((e) => e.getClientRects().length),
        texts: (selector) => askd.seen(selector).map((e) => text(e).trim()),
        lines: (selector) => {
            const editor = askd.seen(selector)[0];
            const lines = editor ? [...editor.querySelectorAll(".view-lines > .view-line")] : [];
            lines.sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top));
            return lines.map((e) => text(e).trimEnd());
        },
        // Words that stand beside lines, which are no text of the page.
        beside: (selector) =>
            askd.seen(`${selector} .view-line span span`)
                .map((e) => getComputedStyle(e, "::after").content)
                .filter((content) => content.startsWith('"'))
                .map((content) => JSON.parse(content).replace(/\u00a0/g, " ")),
    };
    return true;
})()
"""
GROUP = ".editor-group-container.active"
EDITOR = ".editor-group-container .monaco-editor"
ANSWER = f"{EDITOR}[data-uri^='askd:/answer/']"
ROWS = ".quick-input-list .monaco-list-row"


def installed():
    """The folder that install.py was given."""
    folder = pathlib.Path(os.environ.get("ASKD_VSCODE_HOST") or build_dir() / "vscode-host")
    if not (folder / "installed").exists():
        pytest.skip("there is no code-server: make check-vscode-host installs it")
    return folder / "node_modules/code-server/out/node/entry.js"


class Window:
    def __init__(self, home, vsix, folder, settings=None):
        self.home = home
        self.place = home.path / "vscode"
        ours = {"askd.askctl": str(askctl_path()), **(settings or {})}
        for scope in ("User", "Machine"):  # those that name programs are taken from the latter alone
            (self.place / "data" / scope).mkdir(parents=True)
            (self.place / "data" / scope / "settings.json").write_text(json.dumps({**SETTINGS, **ours}))
        self.log = self.place / "server.log"
        self.env = home.env(EXTENSIONS_GALLERY=NO_GALLERY, ASKD_AUTOSTART="0", LANG="C.UTF-8")
        entry = installed()
        places = [f"--user-data-dir={self.place / 'data'}", f"--extensions-dir={self.place / 'ext'}"]
        self.words = ["node", str(entry), *places]
        for extension in vsix:
            self._run("--install-extension", str(extension), "--force")
        self._serve(folder)
        self.activated = 0
        try:
            self.browser = Browser(self.place)
            self.page = self.browser.open(f"{self.url}?folder={folder}")
            self._wait_window()
        except BaseException:
            self._stop_server()
            raise

    def _wait_window(self):
        self.page.wait("!!document.querySelector('.monaco-workbench .statusbar-item')", "the window", STARTS)
        self.page.js(LOOK)
        self._wait_activated("askd.askd")
        self.wait_text(".statusbar-item", "fake/echo", "our item of the status bar", STARTS)

    def _run(self, *words):
        done = subprocess.run([*self.words, *words], env=self.env, capture_output=True, text=True, timeout=STARTS)
        assert done.returncode == 0, done.stdout + done.stderr

    def _serve(self, folder):
        with open(self.log, "wb") as log:
            self.proc = subprocess.Popen(
                [*self.words, "--auth=none", "--bind-addr=127.0.0.1:0", "--disable-telemetry", "--disable-update-check",
                 "--disable-workspace-trust", "--enable-proposed-api=askd-tests.stand-in", str(folder)],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

        def listening():
            assert self.proc.poll() is None, self.log.read_text()
            return re.search(r"listening on (http://\S+)", self.log.read_text())

        self.url = wait_until(listening, "code-server listens", STARTS).group(1)

    # -- looking

    def texts(self, selector):
        """Of each element that is to be seen."""
        return self.page.js(f"askd.texts({json.dumps(selector)})")

    def wait_text(self, selector, want, what=None, timeout=PATIENCE):
        """Until an element has it: text, or a pattern; the text of that element."""
        fits = want.search if isinstance(want, re.Pattern) else lambda text: want in text
        seen = []

        def there():
            seen[:] = self.texts(selector)
            return next((text for text in seen if fits(text)), None)

        try:
            return wait_until(there, what or f"{selector} shows {want}", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}; it shows {seen}") from None

    def lines(self, selector=EDITOR):
        """Of the editor that has the focus, as far as it is to be seen."""
        return self.page.js(f"askd.lines({json.dumps(selector)})")

    def wait_lines(self, want, selector=EDITOR):
        """Until it shows exactly these, or what a function of them says."""
        seen = []

        def there():
            seen[:] = self.lines(selector)
            return want(seen) if callable(want) else seen == want

        try:
            wait_until(there, "the editor's text")
        except AssertionError as e:
            raise AssertionError(f"{e}; it shows {seen}") from None

    def wait_beside(self, want, selector=EDITOR):
        """Until a line has such words beside it."""
        seen = []

        def there():
            seen[:] = self.page.js(f"askd.beside({json.dumps(selector)})")
            return any(want in words for words in seen)

        try:
            wait_until(there, f"{want} stands beside a line")
        except AssertionError as e:
            raise AssertionError(f"{e}; there stands {seen}") from None

    def tabs(self):
        return self.texts(".tab .label-name")

    def wait_told(self, want):
        return self.wait_text(".notification-list-item-message", want)

    def extension_log(self):
        """What the host of extensions says, of one after the other."""
        return "".join(log.read_text() for log in sorted(self.place.glob("data/logs/*/exthost*/remoteexthost.log")))

    def _wait_activated(self, extension):
        begun = f"_doActivateExtension {extension},"
        failed = f"Activating extension {extension} failed"

        def activated():
            log = self.extension_log()
            assert failed not in log, log[log.index(failed) :][:2000]
            return log.count(begun) > self.activated

        wait_until(activated, f"{extension} is activated", STARTS)
        self.activated += 1

    # -- doing

    def key(self, *chords):
        for chord in chords:
            self.page.key(chord)

    def type(self, text):
        self.page.type(text)

    def _quick(self, want):
        """The row of the quick input that is that, made the chosen one."""
        return self.wait_text(f"{ROWS}.focused", want)

    def command(self, title):
        self.key("F1")
        self.wait_text(".quick-input-widget", "")
        self.type(title)
        self._quick(title)
        self.key("Enter")

    def answer_box(self, text):
        """An input box that asks for words."""
        self.page.wait(f"askd.seen('.quick-input-widget').length && !askd.seen('{ROWS}').length", "an input box")
        self.type(text)
        self.key("Enter")

    def pick(self, want):
        """A row of the list that is offered, found by typing."""
        self.wait_text(ROWS, want)
        self.type(want)
        self._quick(want)
        self.key("Enter")

    def open_file(self, path):
        self.key("Control+p")
        self.wait_text(".quick-input-widget", "")
        self.type(str(path))
        self._quick(path.name)
        self.key("Enter")
        self.wait_text(f"{GROUP} .tab.active", path.name)
        self.page.wait(f"document.activeElement.closest('{GROUP} .monaco-editor') !== null", "the editor has the focus")

    def click(self, selector):
        self.page.wait(f"askd.seen({json.dumps(selector)}).length", f"there is {selector}")
        self.page.click(f"askd.seen({json.dumps(selector)})[0]")

    def kill(self):
        """The host of extensions, as by a crash; then the window is opened anew."""
        pid = int(re.findall(r"Extension host with pid (\d+) started", self.extension_log())[-1])
        os.kill(pid, signal.SIGKILL)
        self.page.call("Page.reload")
        wait_until(lambda: not self.page.js("'askd' in window"), "the page is loaded anew")
        self._wait_window()

    def close_all(self):
        """Editors, without what was not saved, and what lies over them."""
        self.key("Escape", "Escape")
        if self.texts(".tab.active.dirty"):
            self.command("File: Revert File")
        self.command("View: Close All Editors")
        self.page.wait("askd.seen('.tab').length === 0", "no editor")

    def screenshot(self, name):
        """Into the folder that $ASKD_SCREENS names."""
        folder = os.environ.get("ASKD_SCREENS")
        if folder:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(pathlib.Path(folder) / f"{name}.png")

    # -- the end

    def _stop_server(self):
        self.proc.terminate()
        try:
            self.proc.wait(PATIENCE)
        finally:
            self.proc.kill()
            self.proc.wait()

    def close(self):
        try:
            self.browser.close()
        finally:
            self._stop_server()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
