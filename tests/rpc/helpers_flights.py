"""Several askers of one question, before a provider that says its answer at the test's word: what came before a joiner
and what behind is no matter of time."""

import contextlib
import select
import threading

import pytest

from client import RESPONSE, check_events, text_of
from conftest import PATIENCE, wait_until
from helpers_acts import Acts, Gone, error_body

MODEL = "fake/m"
POLL = 0.01  # seconds between two looks at whether the daemon is still there


class Call:
    """One request to the provider. What it is told to do, it does at once, in the test's thread."""

    def __init__(self, asked):
        self.asked = asked
        self.begun = False
        self.over, self.gone = threading.Event(), threading.Event()  # we ended it; the daemon did before

    def wait(self):
        """In the server's thread, which has nothing else to do."""
        while not self.over.wait(POLL):
            if select.select([self.asked.sock], [], [], 0)[0] and not self.over.is_set():
                self.gone.set()
                raise Gone

    def begin(self):
        if not self.begun:
            self.begun = True
            self.asked.begin()

    def say(self, *words):
        self.begin()
        self.asked.say(*words)

    def end(self):
        self.begin()
        self.over.set()
        self.asked.end()

    def break_off(self):
        """An error within the stream, which is its end."""
        self.begin()
        self.over.set()
        self.asked.event(error_body("The server had an error", kind="server_error"))
        with contextlib.suppress(Gone):  # the daemon need not wait for it
            self.asked.last()

    def fail(self, status, **headers):
        self.over.set()
        self.asked.error(status, **headers)

    def wait_gone(self):
        assert self.gone.wait(PATIENCE), "the request goes on"


class Stepped:
    """The provider; its requests are `calls`, in the order in which they came."""

    def __init__(self):
        self.calls = []
        self.acts = Acts(self._act)
        self.url = self.acts.base_url("fake")

    def _act(self, asked):
        call = Call(asked)
        self.calls.append(call)
        call.wait()

    def call(self, i=0):
        wait_until(lambda: len(self.calls) > i, f"request {i + 1} reaches the provider")
        return self.calls[i]


@pytest.fixture
def stepped():
    s = Stepped()
    yield s
    s.acts.stop()


@pytest.fixture
def flying(request, home, stepped, start_daemon):
    """The daemon. @pytest.mark.askd as for `daemon`."""
    marker = request.node.get_closest_marker("askd")
    home.write_config(stepped.url, **(dict(marker.kwargs) if marker else {}))
    return start_daemon()


class Asker:
    """A connection of its own with one question under way."""

    def __init__(self, daemon, prompt="hello", **params):
        self.client = daemon.connect()
        params = {"model": MODEL, "prompt": prompt, "stream": True, **params}
        self.msgid = self.client.request("chat", params)
        if params.get("detach"):
            self.answer = self.client.result(self.msgid)["answer"]
            self.msgid = self.client.request("answer.attach", {"answer": self.answer})

    def start(self):
        """Its start event, once it has come."""
        self.answer, seq, event = self.client.wait_event("start")
        assert seq == 0
        return event

    def events(self):
        return self.client.events(self.answer)

    def wait_text(self, text):
        """Until it was sent so much."""
        self.client.wait_for(lambda _: text_of(self.client.events()).endswith(text))

    def result(self):
        """The answer map; what came before it is whole."""
        a = self.client.result(self.msgid)
        self.start()
        check_events(self.events())
        assert a["answer"] == self.answer
        return a

    def error(self):
        error, _ = self.client.response(self.msgid)
        assert error is not None
        return error

    def has_ended(self):
        """As far as is known here."""
        return any(m[0] == RESPONSE and m[1] == self.msgid for m in self.client.log)

    def cancel(self):
        self.client.call("answer.cancel", {"answer": self.answer})

    def state(self):
        return self.client.call("answer.get", {"answer": self.answer})["state"]


def joined(daemon, n):
    """Until so many have joined."""
    with daemon.connect() as c:
        wait_until(lambda: c.call("cache.stats")["joins"] >= n, f"{n} join")


def together(daemon, stepped, n, said=("a ",), **params):
    """So many askers of one request, all of whom have seen what was said."""
    askers = [Asker(daemon, **params)]
    call = stepped.call()
    for _ in range(n - 1):
        askers.append(Asker(daemon, **params))
    joined(daemon, n - 1)
    for text in said:
        call.say(text)
    for a in askers:
        a.start()
        a.wait_text(said[-1])
    return call, askers
