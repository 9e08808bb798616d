"""ask --code: of an answer its code blocks alone."""

import shutil
import subprocess

from conftest import PATIENCE, ask_path
from helpers_terminal import on_terminal

MISFIT, UNAVAILABLE, USAGE = 2, 69, 64

ANSWER = """Two files, and `this` is none:

```c
int main(void)\t{ return 0; }

```

- The other:
  ````markdown
  ```sh
    ls
  ```
  ````

    indented

~~~
the end"""
CODE = "int main(void)\t{ return 0; }\n\n" "\n" "```sh\n  ls\n```\n" "\n" "the end\n"


def test_only_the_code(daemon, ask):
    r = ask("--code", ANSWER)
    assert (r.returncode, r.stdout, r.stderr) == (0, CODE, "")


def test_at_the_end_or_as_it_comes(daemon, ask):
    assert ask("--code", "--no-stream", ANSWER).stdout == CODE


def test_bytes_stay_in_a_pipe(daemon, home):
    code = "a\x1b[31m\r\n\u202eb\x7f\n".encode()
    r = subprocess.run(
        [ask_path(), "--code", "-"], input=b"```\n" + code + b"```\n", env=home.env(), capture_output=True,
        timeout=PATIENCE,
    )  # fmt: skip
    assert (r.returncode, r.stdout) == (0, code)


def test_a_terminal_gets_nothing_harmful(daemon, home):
    status, shown = on_terminal([ask_path(), "--code", "```\na\x1b[31m\x07b\n```"], home.env(TERM="xterm"))
    assert status == 0 and "a\\x1b[31m\\x07b\n" in shown and "\x1b[31m" not in shown


def test_an_answer_without_code(daemon, ask):
    r = ask("--code", "no code, but `a word` of it")
    assert (r.returncode, r.stdout) == (MISFIT, "")
    assert r.stderr.startswith("ask: the answer has no code block: askctl attach ")


def test_what_was_said_can_be_seen(daemon, ask, askctl):
    answer = ask("--code", "only words").stderr.split("askctl attach ")[1].split()[0]
    assert askctl("attach", answer).stdout.strip() == "only words"


def test_a_failure_is_told_as_ever(daemon, ask):
    r = ask("--code", "-m", "fake/status-400", "hi")
    assert r.returncode not in (0, MISFIT) and r.stdout == "" and "code block" not in r.stderr


def test_without_the_program_for_it(daemon, home, tmp_path):
    alone = tmp_path / "ask"
    shutil.copy(ask_path(), alone)
    r = subprocess.run([alone, "--code", ANSWER], env=home.env(), capture_output=True, text=True, timeout=PATIENCE)
    assert (r.returncode, r.stdout) == (UNAVAILABLE, "")
    assert r.stderr.startswith("ask: --code needs the program ask-tty")


def test_what_it_excludes(ask):
    for other in (["--schema", "a:int"], ["--json"], ["--continue-interrupted"]):
        assert ask("--code", *other).returncode == USAGE
