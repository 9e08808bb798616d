"""Emacs: pickers, comparisons, answers shown again, the mode line and health."""

import signal

import pytest

from client import say
from conftest import wait_until
from helpers_emacs import Emacs, EmacsError, quoted
from helpers_emacs_chat import HAND, hand_section, open_chat, steered_answer, wait_answered, write_question

EXTRA = """
[alias "quick"]
models = fake/words-3
"""

# Completion is for packages of the user's to make their own, and so it is for the tests.
READ = """
    (require 'askd-pick)
    (setq askd-test-offered nil askd-test-choice nil)
    (defun askd-test-read (prompt table &rest _)
      (let* ((metadata (cdr (completion-metadata "" table nil)))
             (names (all-completions "" table))
             (affixed (funcall (alist-get 'affixation-function metadata) names)))
        (setq askd-test-offered
              (mapcar (lambda (row) (concat (car row) (substring-no-properties (nth 2 row)))) affixed))
        (or (cl-find-if (lambda (name) (and askd-test-choice (string-search askd-test-choice name))) names)
            askd-test-choice
            (signal 'quit nil))))
    (advice-add 'completing-read :override #'askd-test-read)
    nil
"""


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    home.write_config(provider.base_url, extra=hand_section(steered) + EXTRA)
    return start_daemon()


@pytest.fixture
def emacs(daemon, home):
    with Emacs(home) as e:
        e.eval(READ)
        yield e


def offered(e, command, choice=None):
    """The lines of the picker that a command opens, of which the one with a text is chosen; without one, none."""
    e.eval(f"(setq askd-test-offered nil askd-test-choice {quoted(choice) if choice else 'nil'}) {command} nil")
    lines = wait_until(lambda: e.eval("(vconcat askd-test-offered)"), "a picker")
    return [" ".join(line.split()) for line in lines]


def ask_words(e, words):
    e.eval(f"(askd-ask-about (list :words {quoted(words)}) (current-buffer) nil) nil")


def test_models(emacs, provider):
    offered(emacs, "(askd-model)", "quick")
    emacs.wait_told("asking quick")
    ask_words(emacs, "hello")
    emacs.wait_text("w2", emacs.answer_buffer())
    lines = offered(emacs, "(askd-model)", "default")
    assert lines[0] == "default the daemon's own choice" and "quick alias: fake/words-3" in lines
    emacs.wait_told("the daemon's default")
    ask_words(emacs, "again")
    provider.wait_requests(2)
    assert provider.bodies()[1]["model"] == "echo"


def test_the_model_of_a_chat_is_its_own(emacs):
    open_chat(emacs)
    offered(emacs, "(askd-model)", "fake/words-4")
    emacs.wait_told("asking fake/words-4")
    write_question(emacs, "x")
    emacs.eval("(askd-send) nil")
    emacs.wait_text("w3")
    assert emacs.eval("askd-model") is None


def test_prompts(emacs, provider):
    lines = offered(emacs, "(askd-prompt)", "explain")
    assert any(line.startswith("explain-command ") and len(line) > 30 for line in lines)
    emacs.wait_told("the prompt explain")
    ask_words(emacs, "some words")
    provider.wait_requests(1)
    text = str(provider.bodies()[0]["messages"])
    assert "some words" in text and len(text) > 300
    emacs.eval('(switch-to-buffer "*days*") nil')
    emacs.set_text("monday\ntuesday\nwednesday\n")
    emacs.eval("(transient-mark-mode 1) (goto-char 8) (push-mark 16 t t) nil")
    offered(emacs, "(askd-prompt)", "summarize")
    provider.wait_requests(2)
    text = str(provider.bodies()[1]["messages"])
    assert "tuesday" in text and "wednesday" not in text


def test_conversations(emacs, client):
    client.call("chat", {"prompt": "about tea", "conversation": "new"})
    client.call("chat", {"prompt": "about coffee", "conversation": "new"})
    lines = offered(emacs, "(askd-conversations t)", "about tea")
    assert len(lines) == 2 and lines[0].startswith("about coffee ") and "2 messages" in lines[0]
    wait_answered(emacs, "about tea")
    emacs.wait('(equal (buffer-name) "*askd: about tea*")')
    # What is no title is looked for in what was said: of the two that are offered then, one is chosen.
    offered(emacs, "(askd-conversations t)", "coffee")
    wait_answered(emacs, "about coffee")
    emacs.eval('(askd-conversations t "nowhere") nil')
    emacs.wait_told("there is no conversation")


def test_what_is_no_title_is_looked_for(emacs, client):
    client.call("chat", {"prompt": "one", "conversation": "new"})
    client.call("chat", {"prompt": "two", "conversation": "new"})
    found = client.call("conversation.list")[-1]["conversation"]
    client.call("conversation.rename", {"conversation": found, "title": "renamed"})
    emacs.eval("""
        (defun askd-test-read (prompt table &rest _)
          (setq askd-test-offered (append askd-test-offered (list (vconcat (all-completions "" table)))))
          (if (cdr askd-test-offered) "renamed" "one"))
        (setq askd-test-offered nil)
        (askd-conversations t) nil
    """)
    wait_answered(emacs, "one")
    assert emacs.eval("(vconcat askd-test-offered)")[1] == ["renamed"]


def test_conversations_are_those_of_this_folder(emacs, client, tmp_path):
    emacs.eval(f"(setq default-directory {quoted(f'{tmp_path}/')}) (askd-conversations) nil")
    emacs.wait_told("of this folder: C-u")
    say(client, "tea there", context={"cwd": "/elsewhere"})
    say(client, "tea here", context={"cwd": str(tmp_path)})
    for words in ("", '"tea"'):
        (line,) = offered(emacs, f"(askd-conversations nil {words})")
        assert "tea here" in line
        assert len(offered(emacs, f"(askd-conversations t {words})")) == 2


def test_branches(emacs, client):
    m = client.call("chat", {"prompt": "a tea", "conversation": "new"})
    question = client.call("conversation.get", {"conversation": m["conversation"]})["messages"][0]["id"]
    client.call("chat", {"prompt": "a coffee", "edit": question})
    open_chat(emacs, m["conversation"])
    wait_answered(emacs, "a coffee")
    lines = offered(emacs, "(askd-branch)", "a tea")
    assert lines[0].startswith("a coffee shown, 2 turns") and lines[1].startswith("a tea 2 turns")
    wait_answered(emacs, "a tea")
    emacs.eval("(goto-char (point-min)) (askd-branch-next)")
    wait_answered(emacs, "a coffee")


def test_two_of_one_title_can_be_told_apart(emacs, client):
    for _ in range(2):
        client.call("chat", {"prompt": "the same", "conversation": "new"})
    lines = offered(emacs, "(askd-conversations t)", "the same (2)")
    assert lines[0].startswith("the same ") and lines[1].startswith("the same (2) ")
    wait_answered(emacs, "the same")
    oldest = client.call("conversation.list")[1]["conversation"]
    assert emacs.eval("askd-conversation") == oldest


# -- askd-compare


def panes(e):
    """The texts of the windows of this frame, from left to right."""
    return e.eval("""
        (vconcat (mapcar (lambda (w) (with-current-buffer (window-buffer w)
                                       (buffer-substring-no-properties (point-min) (point-max))))
                         (sort (window-list nil 'no-minibuffer)
                               (lambda (a b) (< (window-left-column a) (window-left-column b))))))
    """)


def heads(e):
    """The lines at the heads of those windows."""
    return e.eval("""
        (vconcat (mapcar (lambda (w) (with-current-buffer (window-buffer w)
                                       (substring-no-properties (concat askd-answer-model " " askd-compare--remark))))
                         (sort (window-list nil 'no-minibuffer)
                               (lambda (a b) (< (window-left-column a) (window-left-column b))))))
    """)


def compare(e, models, words):
    listed = " ".join(quoted(m) for m in models)
    e.eval(f"""
        (require 'askd-compare)
        (askd-compare-about (list {listed}) (list :words {quoted(words)}) (current-buffer) nil) nil
    """)


def test_models_side_by_side(emacs, client):
    compare(emacs, ["fake/hang-after-2", "fake/words-3", "fake/status-400"], "hello")
    wait_until(lambda: len(panes(emacs)) == 3 and "w2" in panes(emacs)[1], "the second answers")
    wait_until(lambda: "w1" in panes(emacs)[0], "the first streams")
    wait_until(lambda: "tokens" in heads(emacs)[1] and "invalid_request" in heads(emacs)[2], "the others have ended")
    assert [head.split()[0].split("/")[-1] for head in heads(emacs)] == ["hang-after-2", "words-3", "status-400"]
    widths = emacs.eval("(vconcat (mapcar #'window-total-width (window-list nil 'no-minibuffer)))")
    assert max(widths) - min(widths) <= 2 and emacs.eval("(length (tab-bar-tabs))") == 2
    conversation = emacs.eval("askd-conversation")
    found = client.call("conversation.get", {"conversation": conversation})["messages"]
    assert [m["role"] for m in found].count("assistant") == 3


def test_one_of_them_is_stopped_alone(emacs, provider, client):
    compare(emacs, ["fake/hang-after-2", "fake/hang-after-3"], "hello")
    wait_until(lambda: len(panes(emacs)) == 2 and "w1" in panes(emacs)[0] and "w2" in panes(emacs)[1], "both answer")
    emacs.eval("(askd-stop) nil")
    provider.wait_aborted()
    running = client.call("answer.list", {"state": "running"})
    assert [a["model"] for a in running] == ["hang-after-3"]


def test_a_comparison_wants_two_models(emacs):
    with pytest.raises(EmacsError, match="two models or more"):
        compare(emacs, ["fake/echo"], "hello")


# -- askd-resume


def test_the_running_answer_of_this_folder_is_shown_again(emacs, steered, home, client, tmp_path):
    client.call("chat", {"prompt": "elsewhere", "conversation": "new", "context": {"cwd": "/elsewhere"}})
    emacs.eval(f"(setq default-directory {quoted(f'{tmp_path}/')}) (askd-pick-set-model {quoted(HAND)}) nil")
    ask_words(emacs, "long")
    answer = steered_answer(steered)
    answer.say("before ")
    emacs.wait_text("before", emacs.answer_buffer())
    emacs.kill()
    answer.say("meanwhile ")
    with Emacs(home, name="after", cwd=str(tmp_path)) as after:
        after.eval("(askd-resume) nil")
        b = after.answer_buffer()
        after.wait_text("before meanwhile", b)
        answer.say("after")
        after.wait_text("before meanwhile after", b)
        answer.end("stop")
        wait_until(lambda: not client.call("answer.list", {"state": "running"}), "it has ended")
    with Emacs(home, name="later", cwd=str(tmp_path)) as later:
        later.eval(READ)
        (line,) = offered(later, "(askd-resume)", "long")
        assert " done " in line
        later.wait_text("before meanwhile after", later.answer_buffer())


def test_where_this_folder_has_none_all_are_offered(emacs, client):
    emacs.eval("(askd-resume t) nil")
    emacs.wait_told("no answer runs, or is still kept, anywhere")
    say(client, "elsewhere", context={"cwd": "/elsewhere"})
    emacs.eval("(askd-resume) nil")
    emacs.wait_told("in this folder: C-u")
    offered(emacs, "(askd-resume t)", "elsewhere")
    emacs.wait_text("elsewhere", emacs.answer_buffer())


# -- the mode line


def status(e):
    return e.eval("(askd-status-text)")


def test_the_mode_line(emacs, client):
    emacs.eval("(askd-mode-line-mode 1) nil")
    assert wait_until(lambda: "fake/echo" in status(emacs) and status(emacs), "the default model") == "fake/echo"
    assert emacs.eval("(substring-no-properties (format-mode-line global-mode-string))").strip() == "[fake/echo]"
    emacs.eval('(askd-pick-set-model "fake/hang-after-1") nil')
    ask_words(emacs, "hello")
    wait_until(lambda: "1 running" in status(emacs), "it runs")
    b = emacs.answer_buffer()
    emacs.eval(f"(pop-to-buffer {quoted(b)}) nil")
    assert status(emacs).startswith("hang-after-1 · … 1 running")
    emacs.eval("(askd-stop) nil")
    wait_until(lambda: "running" not in status(emacs), "it ended")
    client.call("chat", {"prompt": "hello"})
    wait_until(lambda: "tokens" in status(emacs), "the tokens of today")
    emacs.eval("(askd-mode-line-mode -1) nil")
    assert emacs.eval("(list askd-status--timer (format-mode-line global-mode-string))") == [None, ""]


def test_without_a_daemon_none_is_started_for_it(emacs, daemon):
    emacs.eval("(askd-mode-line-mode 1) nil")
    wait_until(lambda: "fake/echo" in status(emacs), "the default model")
    daemon.end()
    wait_until(lambda: "no daemon" in status(emacs), "it is told")


def test_none_is_started_where_one_left_its_socket(daemon, home):
    """As a daemon does that was killed; whoever asks something has one started."""
    with Emacs(home, env={"ASKD_AUTOSTART": "1"}) as e:
        e.eval("(require 'askd-status) nil")
        daemon.kill()
        assert e.eval("(file-exists-p (plist-get (askd-state) :socket))")
        e.eval("(askd-mode-line-mode 1) nil")
        wait_until(lambda: "no daemon" in status(e), "it is told")
        assert e.eval("askd-link--started") is None


# -- health


def health(e, piece):
    e.eval("(askd-health) nil")
    return e.wait_text(piece, "*askd health*")


def test_health(emacs):
    text = health(emacs, "asked by default: fake/echo")
    assert "askd 0.1.0" in text and "fake is ready" in text
    assert "FAIL" not in text and "lacks" not in text, text


def test_health_without_a_daemon(emacs, daemon):
    daemon.end()
    text = health(emacs, "FAIL")
    assert "FAIL unavailable" in text and "askctl doctor" in text


@pytest.mark.parametrize("command", ["(askd-model)", "(askd-prompt)", "(askd-conversations t)", "(askd-resume t)"])
def test_what_comes_late_takes_no_keys_from_who_writes(emacs, daemon, client, command):
    say(client, "one")
    say(client, "two")
    emacs.eval("(setq up nil) (askd-request \"status\" nil (lambda (&rest _) (setq up t))) nil")
    emacs.wait("up")
    daemon.signal(signal.SIGSTOP)
    try:
        emacs.eval(f'(switch-to-buffer "*scratch*") {command} nil')
        emacs.eval("(setq num-nonmacro-input-events (1+ num-nonmacro-input-events)) nil")  # as a key does
    finally:
        daemon.signal(signal.SIGCONT)
    emacs.wait_told("came late")
    assert emacs.eval("askd-test-offered") is None
