"""One of each editor and two shells on one daemon at once: what one asks the others have."""

import contextlib

import pytest
from conftest import PATIENCE, wait_until
from drivers import DRIVERS
from fault_provider import words_text

pytestmark = pytest.mark.askd(provider={"retries": "0"})


@pytest.fixture
def work(home):
    """The folder that all of them are in."""
    path = home.path / "work"
    path.mkdir()
    return path


@pytest.fixture
def editors(daemon, home, work):
    """Those that are installed, each with its plugin."""
    found = []
    with contextlib.ExitStack() as stack:
        for name, driver in DRIVERS.items():
            try:
                found.append(stack.enter_context(driver(home, work, name)))
            except pytest.skip.Exception as reason:
                print(f"without {driver.title}: {reason}")
        if len(found) < 2:
            pytest.skip("there are no two editors")
        yield found


def shell(ask, work, *args):
    return ask.start(*args, cwd=work)


def said(process):
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, b""), err
    return out.decode()


def sees(editor, text):
    wait_until(lambda: any(text in window for window in editor.shown()), f"{editor.title} shows {text!r}")


def ask_all(work, editors, ask, model):
    """The same question everywhere, at once; until each has the whole answer."""
    for e in editors:
        e.ask("What is it?", model=model)
    shells = [shell(ask, work, "-m", model, "What is it?") for _ in range(2)]
    whole = words_text(20).strip()
    for e in editors:
        sees(e, whole)
    assert [said(s).strip() for s in shells] == [whole] * 2


def test_one_answer_and_one_connection(client, provider, work, editors, ask):
    """Shared while it is made, then cached; whoever asks."""
    ask_all(work, editors, ask, "fake/slow-20-50")
    assert len(provider.bodies()) == 1
    ask_all(work, editors, ask, "fake/slow-20-50")
    assert len(provider.bodies()) == 1

    assert said(shell(ask, work, "another question")).strip() == "another question"
    last = [r for r in provider.stats()["last"] if r["method"] == "POST"]
    assert len(last) == 2 and len({r["connection"] for r in last}) == 1
    status = client.call("status")
    assert status["http"]["opened"] == 1 and status["answers"] == 0
    assert status["today"]["answers"] == 2 * (len(editors) + 2) + 1 and status["today"]["requests"] == 2


def begun(ask, work, client, *args):
    """A shell that has begun a conversation, and the conversation."""
    running = shell(ask, work, *args)
    (found,) = wait_until(lambda: client.call("conversation.list"), "the question is stored")
    return running, found["conversation"]


def test_one_conversation(client, work, editors, ask):
    """Begun in one shell, gone on with in each editor and in another shell; each shows all of it."""
    first, conversation = begun(ask, work, client, "from a shell")
    said(first)
    asked = ["from a shell"]

    def all_have(question=None):
        asked.extend([question] if question else [])
        turns = [turn for q in asked for turn in (("user", q), ("assistant", q))]  # the model says what it is asked
        for e in editors:
            wait_until(lambda e=e: e.turns() == [*turns, ("user", "")], f"{e.title} shows {asked}")
        messages = client.call("conversation.get", {"conversation": conversation})["messages"]
        assert [m["content"].strip() for m in messages] == [text for _, text in turns]
        assert [m.get("parent") for m in messages[1:]] == [m["id"] for m in messages[:-1]], "no branch came of it"

    for e in editors:
        e.chat(conversation)
    all_have()
    for e in editors:
        e.write(f"from {e.title}")
        e.send()
        all_have(f"from {e.title}")
        question = f"from a shell after {e.title}"
        said(shell(ask, work, "-c", question))
        all_have(question)


@pytest.mark.askd(daemon={"default_model": "fake/slow-40-100"}, provider={"retries": "0"})
def test_an_answer_is_seen_to_be_made_in_each(client, work, editors, ask):
    running, conversation = begun(ask, work, client, "go")
    for e in editors:
        e.chat(conversation)
    for e in editors:
        wait_until(
            lambda e=e: any("w0 w1" in w and "w39" not in w for w in e.shown()), f"{e.title} shows it while it is made"
        )
    assert running.poll() is None
    for e in editors:
        sees(e, "w39")
    assert said(running).strip() == words_text(40).strip()
