"""A MessagePack-RPC client of its own, so that the daemon is not tested against the code it is made of.

Messages are kept in the order they came (`log`), for tests that ask what came before what. Every reply and event is
held against the rows that the protocol page is made from, whatever the test looks at: see schema.py.
"""

import itertools
import socket
import time

import msgpack

import schema

REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


class RpcError(Exception):
    """The error of a response. `code` and `param` where it is a map."""

    def __init__(self, error):
        super().__init__(error)
        self.error = error
        self.code = error.get("code") if isinstance(error, dict) else None
        self.param = error.get("param") if isinstance(error, dict) else None


class Closed(Exception):
    """The daemon closed the connection."""


class Client:
    def __init__(self, path, timeout=30, receive_buffer=None):
        self.timeout = timeout
        self.log = []
        self._methods = {}  # of the requests that were sent, by msgid
        self._ids = itertools.count(1)
        self._unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=1 << 30)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        try:
            self.sock.connect(str(path))
        except OSError:
            self.sock.close()
            raise

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    # -- out

    def send_raw(self, data):
        self.sock.sendall(data)

    def request(self, method, params=None, msgid=None):
        """Sends and returns the msgid. params is the one map; use request_raw for other forms."""
        return self.request_raw(method, [{} if params is None else params], msgid)

    def request_raw(self, method, params, msgid=None):
        msgid = next(self._ids) if msgid is None else msgid
        self._methods[msgid] = method
        self.send_raw(pack([REQUEST, msgid, method, params]))
        return msgid

    def notify(self, method, params=None):
        self.send_raw(pack([NOTIFICATION, method, [{} if params is None else params]]))

    # -- in

    def recv(self, timeout=None):
        """The next message, which is also put into the log. Closed at the end, TimeoutError when none comes."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            for message in self._unpacker:
                check_shape(message)
                self._check_schema(message)
                self.log.append(message)
                return message
            self.sock.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self.sock.recv(1 << 18)
            except ConnectionError:
                data = b""
            if not data:
                raise Closed
            self._unpacker.feed(data)

    def _check_schema(self, message):
        """Of what was sent as raw bytes the method is not known; its reply is left out."""
        if is_event(message):
            schema.check_event(message[2])
        elif message[0] == NOTIFICATION and message[1] == "conversation.changed":
            schema.check_change(message[2])
        elif message[0] == NOTIFICATION and message[1] == "log.line":
            schema.check_log_line(message[2])
        elif message[0] == RESPONSE and message[2] is not None:
            schema.check_error(message[2])
        elif message[0] == RESPONSE and message[1] in self._methods:
            schema.check_result(self._methods[message[1]], message[3])

    def wait_for(self, wanted, timeout=None):
        """The first message of the log, or else the first to come, for which wanted(message) is true."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        for message in self.log:
            if wanted(message):
                return message
        while True:
            message = self.recv(max(0.001, end - time.monotonic()))
            if wanted(message):
                return message

    def response(self, msgid, timeout=None):
        """(error, result)"""
        message = self.wait_for(lambda m: m[0] == RESPONSE and m[1] == msgid, timeout)
        return message[2], message[3]

    def result(self, msgid, timeout=None):
        error, result = self.response(msgid, timeout)
        if error is not None:
            raise RpcError(error)
        return result

    def call(self, method, params=None, timeout=None):
        return self.result(self.request(method, params), timeout)

    def wait_closed(self, timeout=None):
        """True once the daemon has closed the connection; what came before is in the log."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        try:
            while True:
                self.recv(max(0.001, end - time.monotonic()))
        except Closed:
            return True
        except TimeoutError:
            return False

    # -- answers

    def chat(self, model, prompt="hello", **params):
        """Asks the test provider and returns the msgid."""
        return self.request("chat", {"model": f"fake/{model}", "prompt": prompt, **params})

    def wait_event(self, kind, timeout=None):
        """(answer, seq, event) of the first event of that type."""
        return self.wait_for(lambda m: is_event(m) and m[2][2]["type"] == kind, timeout)[2]

    def events(self, answer=None, since=0):
        """[(seq, event)] of one answer, or of the only one, from message `since` of the log on."""
        found = [m[2] for m in self.log[since:] if is_event(m)]
        if answer is None:
            assert len({e[0] for e in found}) <= 1, "events of several answers"
        return [(e[1], e[2]) for e in found if answer in (None, e[0])]


def is_event(message):
    return message[0] == NOTIFICATION and message[1] == "answer.event"


def failure(client, method, params):
    """The error that the request ends in."""
    error, result = client.response(client.request(method, params))
    assert error is not None, f"{method} {params}: {result}"
    return error


def say(client, prompt, conversation="new", model="echo", **params):
    """The answer map of a question in a conversation."""
    return client.result(client.chat(model, prompt, conversation=conversation, **params))


def outcome(client, model, prompt="hello", **params):
    """(error or None, answer map) of a streamed chat."""
    error, result = client.response(client.chat(model, prompt, stream=True, **params))
    if error is None:
        return None, result
    return error, client.call("answer.get", {"answer": error["answer"]})


def retries_shown(client):
    return [e for _, e in client.events() if e["type"] == "retry"]


def attached(client, answer, **params):
    """(answer map, events) of an answer that has ended."""
    since = len(client.log)
    a = client.call("answer.attach", {"answer": answer, **params})
    return a, client.events(answer, since)


def conversation_of(client, answer):
    """What is in the conversation of an answer map."""
    return client.call("conversation.get", {"conversation": answer["conversation"]})


def detached(client, model, prompt="hello", **params):
    """The answer's id."""
    return client.result(client.chat(model, prompt, detach=True, **params))["answer"]


def kinds_of(events):
    return [e["type"] for _, e in events]


def text_of(events):
    return "".join(e["text"] for _, e in events if e["type"] == "text")


def check_shape(message):
    """What every message of the protocol looks like."""
    assert isinstance(message, list), message
    if message[0] == RESPONSE:
        assert len(message) == 4 and isinstance(message[1], int), message
        assert message[2] is None or message[3] is None, message
    else:
        assert message[0] == NOTIFICATION and len(message) == 3, message
        assert isinstance(message[1], str) and isinstance(message[2], list), message


def check_events(events, first=0, cut_off=False):
    """Numbered without a gap; the first of an answer is `start`, the last and it alone tells how it ended, unless its
    daemon was killed."""
    assert [seq for seq, _ in events] == list(range(first, first + len(events)))
    kinds = kinds_of(events)
    assert cut_off or kinds.pop() in ("done", "error"), kinds
    assert not {"done", "error"} & set(kinds), kinds
    if first == 0:
        assert kinds[0] == "start"
    assert "start" not in kinds[1:]
