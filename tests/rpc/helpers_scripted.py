"""A daemon that answers as it is told, for what the real one cannot be made to say."""

import contextlib
import socket
import threading

import msgpack

from conftest import PATIENCE


class Scripted:
    """Answers METHOD with replies[METHOD], or what that returns for the params; keeps what was asked."""

    def __init__(self, home):
        self.replies, self.calls = {}, []
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
                        conn.sendall(msgpack.packb([1, msgid, *self._reply(method, params[0] if params else {})]))

    def _reply(self, method, params):
        self.calls.append((method, params))
        reply = self.replies.get(method, {})
        reply = reply(params) if callable(reply) else reply
        return (reply.args[0], None) if isinstance(reply, Exception) else (None, reply)

    def asked(self, method):
        return [p for m, p in self.calls if m == method]

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE)
