""":Ask in a real Vim: answers stream into a split, which shows what the daemon has and nothing else."""

import signal

import pytest
from conftest import askd_path, wait_until
from helpers_vim import Vim

pytestmark = pytest.mark.askd(provider={"retries": "0"})

FILE = ["one {", "  two ```", "}", "four"]


@pytest.fixture
def file(home):
    path = home.path / "main.c"
    path.write_text("\n".join(FILE) + "\n")
    return path


@pytest.fixture
def prompt(home, daemon, askctl):
    folder = home.config_dir / "prompts"
    folder.mkdir()
    (folder / "explain-it.md").write_text("Explain <text>\n{{input}}\n</text>.\n")
    wait_until(lambda: "explain-it" in askctl("prompts", "list").stdout, "the prompt is found")


def words(n):
    return "".join(f"w{i} " for i in range(n))


def ended(v, buffer, how="done"):
    v.wait_eval(f"get(getbufvar({buffer}, 'askd', {{}}), 'state', '')", how)


def text(message):
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def test_an_answer_streams_into_a_split(daemon, home):
    with Vim(home) as v:
        v.type(":Ask -m fake/words-40 tell me", "Enter")
        b = v.buffer("askd://answer/")
        ended(v, b)
        assert "".join(v.lines(b)) == words(40)
        v.wait_for("w39")
        assert v.eval("bufname('%')") == "" and v.eval("winnr('$')") == 2
        assert v.eval(f"getbufvar({b}, '&filetype')") == "markdown"
        options = {"modifiable": 0, "modified": 0, "modeline": 0, "buftype": "nofile"}
        assert {name: v.eval(f"getbufvar({b}, '&{name}')") for name in options} == options


def test_lines_go_along_with_their_name_and_numbers(daemon, home, file, provider):
    with Vim(home, file) as v:
        v.ex("set filetype=c")
        v.type(":2,3Ask what is | this?", "Enter")
        ended(v, v.buffer("askd://answer/"))
        asked = text(provider.bodies()[-1]["messages"][-1])
        assert "~/main.c, lines 2 to 3 (c)" in asked and "````\n  two ```\n}\n````\n" in asked
        assert asked.endswith("what is | this?") and "four" not in asked


def test_a_prompt_takes_lines_for_its_input(prompt, home, file, provider):
    with Vim(home, file) as v:
        v.type(":%Ask -p explain-it", "Enter")
        ended(v, v.buffer("askd://answer/"))
        asked = text(provider.bodies()[-1]["messages"][-1])
        assert "<text>\n" + "\n".join(FILE) + "\n" in asked


def test_the_next_question_goes_on_in_the_same_conversation(daemon, home, provider):
    with Vim(home) as v:
        v.type(":Ask first", "Enter")
        b = v.buffer("askd://answer/")
        ended(v, b)
        v.type(":Ask -c last second", "Enter")
        v.wait_eval(f"bufwinnr({b})", -1)
        ended(v, v.eval("winbufnr(2)"))
        v.type("", "C-w", "w")
        v.type(":Ask third", "Enter")
        v.wait_eval("len(filter(range(1, bufnr('$')), 'stridx(bufname(v:val), \"askd://answer/\") == 0'))", 3)
        ended(v, v.eval("winbufnr(2)"))
        assert [text(m) for m in provider.bodies()[-1]["messages"]] == ["first", "first", "second", "second", "third"]
        assert v.eval("winnr('$')") == 2


@pytest.mark.parametrize(
    "keys, mode", [("ione two three", "i"), (":echo 'typed'", "c"), ("vgg", "v"), ("d", "no"), ("q:", "n")]
)
def test_who_is_in_the_middle_of_something_is_not_disturbed(daemon, home, file, keys, mode):
    """Until it is over; who types text sees the window come, and types on."""
    with Vim(home, file) as v:
        daemon.signal(signal.SIGSTOP)
        v.type(":Ask hello there", "Enter")
        v.type(keys)
        v.wait_eval("mode(1)", mode)
        daemon.signal(signal.SIGCONT)
        if mode == "i":
            b = v.buffer("askd://answer/")
            v.type(" four")
            v.wait_eval("getline(1)", "one two three fourone {")
        else:
            v.wait_eval("askd#client#Waiting()", 0)
            assert v.eval("mode(1)") == mode and v.eval("len(getwininfo())") == (2 if keys == "q:" else 1)
            v.type("", "C-c")
            if keys == "q:":
                v.type("", "C-c")
            b = v.buffer("askd://answer/")
        ended(v, b)
        assert v.lines(b) == ["hello there"]


def test_what_is_told_while_nothing_comes(daemon, home, provider):
    with Vim(home, set=["set laststatus=2"]) as v:
        v.type(":Ask -m fake/hang-first go", "Enter")
        v.wait_for("nothing has come yet")
        b = v.buffer("askd://answer/")
        assert v.lines(b) == [""]
        v.type(":Ask -m fake/hang-after-3 go", "Enter")
        screen = v.wait_for(lambda s: "w0 w1 w2" in s and "hang-after-3 · running" in s.split("\n")[-2])
        assert "nothing has come" not in screen


def test_an_answer_that_is_stopped(daemon, home, provider):
    with Vim(home) as v:
        v.type(":Ask -m fake/hang-after-3 go", "Enter")
        b = v.buffer("askd://answer/")
        v.wait_for("w0 w1 w2")
        v.type("", "C-w", "w")
        v.type(":AskStop", "Enter")
        provider.wait_aborted()
        ended(v, b, "cancelled")
        assert v.lines(b) == ["w0 w1 w2 "]
        v.wait_for("askd: cancelled: ")


def test_a_fault_stands_below_what_came(daemon, home):
    with Vim(home) as v:
        v.type(":Ask -m fake/error-in-stream-3 go", "Enter")
        b = v.buffer("askd://answer/")
        v.wait_eval(f"getbufvar({b}, 'askd').state", lambda s: s not in ("running", "done"))
        assert v.lines(b) == ["w0 w1 w2 "]
        v.wait_for("askd: ")


@pytest.mark.parametrize(
    "words, said",
    [
        ("", "what is to be asked"),
        ("-x y", "-x is no option"),
        ("-m", "-m needs a value"),
        ("-m no/such hi", "askd: not_found"),
        ("-c nowhere hi", "askd: not_found"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(daemon, home, words, said):
    with Vim(home) as v:
        v.type(f":Ask {words}", "Enter")
        v.wait_for(said)
        assert v.eval("winnr('$')") == 1 and v.eval("mode()") == "n"


def test_vim_is_left_in_the_middle_and_the_answer_is_there(daemon, home):
    with Vim(home) as v:
        v.type(":Ask -m fake/slow-60-20 go", "Enter")
        name = v.eval(f"bufname({v.buffer('askd://answer/')})")
        v.wait_for("w3")
        v.type(":qall!", "Enter")
        wait_until(lambda: v.channel.recv(65536) == b"", "Vim has gone")
    with Vim(home, name) as v:
        v.wait_for("w3")
        ended(v, 1)
        assert "".join(v.lines(1)) == words(60)


def test_an_answer_that_the_shell_asked(daemon, home, client):
    answer = client.call("chat", {"prompt": "hello", "conversation": "new"})["answer"]
    with Vim(home, f"askd://answer/{answer}") as v:
        ended(v, 1)
        assert v.lines(1) == ["hello"]


def test_an_answer_that_there_is_not(daemon, home):
    with Vim(home, "askd://answer/01a21e48-f9c6-7224-98e7-000000000000") as v:
        v.wait_for("askd: not_found")
        assert v.lines(1) == [""]


def test_the_bridge_ends_and_the_answer_goes_on(daemon, home, provider):
    """From where it was: nothing is lost, nothing is there twice."""
    with Vim(home) as v:
        v.type(":Ask -m fake/slow-80-20 go", "Enter")
        b = v.buffer("askd://answer/")
        v.wait_for("w3")
        v.eval("map(job_info(), 'job_stop(v:val, \"kill\")')")
        ended(v, b)
        assert "".join(v.lines(b)) == words(80) and provider.stats()["requests"] == 1


def test_the_daemon_goes_and_comes_again(daemon, home, start_daemon):
    with Vim(home) as v:
        v.type(":Ask hello", "Enter")
        first = v.buffer("askd://answer/")
        ended(v, first)
        v.type(":Ask -m fake/hang-after-3 go", "Enter")
        v.wait_eval(f"bufwinnr({first})", -1)
        b = v.eval("winbufnr(2)")
        v.wait_for("w0 w1 w2")
        daemon.kill()
        v.wait_for("askd went away; waiting for it")
        start_daemon()
        ended(v, b, "interrupted")
        assert v.lines(b)[0] in ("w0 w1 w2 ", "")
        v.type(":Ask again", "Enter")
        v.wait_for("again")


def test_a_daemon_that_hangs_hangs_nothing_else(daemon, home):
    with Vim(home) as v:
        v.type(":Ask hello", "Enter")
        ended(v, v.buffer("askd://answer/"))
        daemon.signal(signal.SIGSTOP)
        try:
            v.type(":Ask more", "Enter")
            v.wait_for("waiting for the daemon")
            v.type("ithis is typed", "Escape")
            v.wait_eval("getline(1)", "this is typed")
        finally:
            daemon.signal(signal.SIGCONT)
        v.wait_for("more")


def test_more_requests_than_may_wait(daemon, home):
    """A daemon that hangs costs no endless memory: the rest is refused, and what waits is answered in the end."""
    with Vim(home) as v:
        v.ex("call askd#client#Request('status')")
        v.wait_eval("askd#client#State() == 'ready' && askd#client#Waiting() == 0")
        daemon.signal(signal.SIGSTOP)
        v.ex("let g:got = []")
        v.ex("let Got = {err, _ -> add(g:got, get(err, 'code', 'fine'))}")
        v.ex("for i in range(520) | call askd#client#Request('answer.list', {}, Got) | endfor")
        v.wait_eval("g:got", ["overloaded"] * 20)
        daemon.signal(signal.SIGCONT)
        v.wait_eval("len(g:got)", 520)
        assert v.eval("count(g:got, 'fine')") == 500 and v.eval("askd#client#Waiting()") == 0


def test_without_a_daemon_it_says_so(home):
    with Vim(home) as v:
        v.type(":Ask hello", "Enter")
        v.wait_for("askd: unavailable: ")


def test_without_askctl_it_says_what_to_do(home):
    with Vim(home, set=["let g:askd_askctl = '/no/askctl'"]) as v:
        v.type(":Ask hello", "Enter")
        v.wait_for("/no/askctl is not found: install askd, or let g:askd_askctl name it")


def test_a_daemon_is_started_where_there_is_none(home, provider):
    """By the bridge, as ask does it."""
    home.write_config(provider.base_url, daemon={"idle_exit": "1"})
    with Vim(home) as v:
        v.ex("let $ASKD_AUTOSTART = '1'")
        v.ex(f"let $ASKD_DAEMON = '{askd_path()}'")
        v.type(":Ask hello there", "Enter")
        ended(v, v.buffer("askd://answer/"))
    wait_until(lambda: not home.socket.exists(), "the daemon has ended")


def test_text_is_only_text(daemon, home, provider):
    """What a model writes is never executed, and no control character reaches the terminal."""
    evil = "# vim: set ft=c fdm=expr fde=getpid():\x1b]0;title\x07\r\x1b[2J\\<Esc>:qall!\\<CR> <C-r>=system('x')"
    answer = daemon.connect().call("chat", {"prompt": evil + "\nNUL\0NUL", "conversation": "new"})["answer"]
    with Vim(home, f"askd://answer/{answer}", set=["set modeline modelines=5"]) as v:
        ended(v, 1)
        assert v.lines(1) == [evil, "NUL␀NUL"]
        assert v.eval("[&filetype, &foldmethod]") == ["markdown", "manual"]
        v.wait_for("^[]0;title^G^M^[[2J")


def test_what_tab_offers(prompt, home):
    """Asked for as the command is typed, and there when Tab is."""
    with Vim(home) as v:
        v.type(":Ask ")
        v.wait_eval("askd#args#Offers('prompt')", lambda names: "explain-it" in names)
        v.type("-p explain-i", "Tab")
        v.wait_for(":Ask -p explain-it")
        v.type("", "Escape")
        assert v.eval("askd#args#Complete('-', 'Ask -', 5)") == ["-c", "-m", "-p"]
        assert v.eval("askd#args#Complete('las', 'Ask -c las', 10)") == ["last"]


def test_the_bridge_ends_between_two_requests_of_one_moment(daemon, home, provider):
    """What the first one asked is told to have failed; the second one has a bridge of its own."""
    with Vim(home) as v:
        v.ex("let g:got = []")
        v.ex("call askd#client#Request('status')")
        v.wait_eval("askd#client#State() == 'ready' && askd#client#Waiting() == 0")
        daemon.signal(signal.SIGSTOP)
        v.ex("call askd#client#Request('answer.list', {}, {e, _ -> add(g:got, ['first', get(e, 'code', 'fine')])})")
        v.ex(
            "let j = job_info()[0] | call job_stop(j, 'kill') | while job_status(j) == 'run' | sleep 1m | endwhile | "
            "call askd#client#Request('answer.list', {}, {e, _ -> add(g:got, ['second', get(e, 'code', 'fine')])})"
        )
        daemon.signal(signal.SIGCONT)
        v.wait_eval("g:got", [["first", "unavailable"], ["second", "fine"]])
        v.wait_eval("askd#client#Waiting()", 0)
