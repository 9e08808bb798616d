"""A daemon that answers as it is told, for what the real one cannot be made to say."""

import contextlib
import socket
import threading

import msgpack

from conftest import PATIENCE


class Streamed:
    """A reply that events of an answer go before. An exception is the error of one that failed."""

    def __init__(self, reply, *events, answer="a-1"):
        self.reply, self.events, self.answer = reply, events, answer

    def notifications(self):
        return [[2, "answer.event", [self.answer, seq, event]] for seq, event in enumerate(self.events)]


class Scripted:
    """Answers METHOD with replies[METHOD], or what that returns for the params; keeps what was asked."""

    def __init__(self, home, bytes_are_strings=False, refuse_others=None):
        """refuse_others: the error of a METHOD that has no reply, whose name goes into its message."""
        self.replies, self.calls = {}, []
        self.refuse_others = refuse_others
        self.binary = not bytes_are_strings  # a string need be no UTF-8
        home.socket.parent.mkdir(mode=0o700, exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(home.socket))
        self.listener.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn, contextlib.suppress(ConnectionError):  # who has asked may leave
                unpacker = msgpack.Unpacker(raw=False)
                while data := conn.recv(1 << 16):
                    unpacker.feed(data)
                    for _, msgid, method, params in unpacker:
                        self._answer(conn, msgid, self._reply(method, params[0] if params else {}))

    def _answer(self, conn, msgid, reply):
        before = []
        if isinstance(reply, Streamed):
            before, reply = reply.notifications(), reply.reply
        result = (reply.args[0], None) if isinstance(reply, Exception) else (None, reply)
        for message in [*before, [1, msgid, *result]]:
            conn.sendall(msgpack.packb(message, use_bin_type=self.binary))

    def _reply(self, method, params):
        self.calls.append((method, params))
        if self.refuse_others and method not in self.replies:
            error = self.refuse_others
            return Exception({**error, "message": error["message"].format(method)})
        reply = self.replies.get(method, {})
        return reply(params) if callable(reply) else reply

    def asked(self, method):
        return [p for m, p in self.calls if m == method]

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE)
