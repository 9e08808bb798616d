"""Several askers of one question, before a provider that says its answer at the test's word."""

import pytest

from client import RESPONSE, check_events, is_event, text_of
from conftest import wait_until
from stepped import Stepped

MODEL = "fake/m"


@pytest.fixture
def stepped():
    s = Stepped()
    yield s
    s.stop()


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
        self.client.wait_for(lambda m: is_event(m) and text_of(self.client.events() + [tuple(m[2][1:])]).endswith(text))

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
