"""A program on the other side of askctl bridge: it writes lines of JSON and reads lines of JSON."""

import contextlib
import fcntl
import json
import os
import queue
import signal
import struct
import subprocess
import termios
import threading

from conftest import PATIENCE


class Bridge:
    def __init__(self, askctl, *args, **kw):
        self.proc = askctl.start("bridge", *args, stdin=subprocess.PIPE, **kw)
        self.lines = queue.Queue()
        self.kept = []  # lines that came while another was waited for
        self.reader = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.proc.kill()
        self.proc.wait(PATIENCE)
        if self.reader is not None:
            self.reader.join(PATIENCE)
        for stream in (self.proc.stdin, self.proc.stdout, self.proc.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def send(self, *values):
        self.send_raw("".join(json.dumps(v) + "\n" for v in values).encode())

    def send_raw(self, data):
        self.proc.stdin.write(data)
        self.proc.stdin.flush()

    def call(self, id, method, params=None):
        self.send({"id": id, "method": method, "params": params or {}})

    def _read(self):
        for line in self.proc.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def receive(self):
        """The next line, None at the end."""
        if self.reader is None:
            self.reader = threading.Thread(target=self._read, daemon=True)
            self.reader.start()
        return self.lines.get(timeout=PATIENCE)

    def reply(self, id):
        """That of a request; what comes before it is in kept."""
        while True:
            line = self.receive()
            assert line is not None, f"no reply to {id}: {self.kept}"
            if "id" in line and line["id"] == id:
                return line
            self.kept.append(line)

    def pushed(self, check):
        """The first notification that the check takes."""
        while True:
            line = self.receive()
            assert line is not None, self.kept
            if "method" in line and check(line):
                return line
            self.kept.append(line)

    def end(self):
        """Closes its input. (status, lines that were left)"""
        self.proc.stdin.close()
        left = []
        while (line := self.receive()) is not None:
            left.append(line)
        return self.proc.wait(PATIENCE), left

    def signal(self, number=signal.SIGTERM):
        self.proc.send_signal(number)
        return self.proc.wait(PATIENCE)

    def sends(self):
        """All that was written is read, and yet it sleeps: it waits for the daemon."""
        left = fcntl.ioctl(self.proc.stdin, termios.FIONREAD, struct.pack("i", -1))
        with open(f"/proc/{self.proc.pid}/stat") as f:
            return struct.unpack("i", left)[0] == 0 and f.read().rpartition(")")[2].split()[0] == "S"

    def memory(self):
        """Bytes that it takes."""
        with open(f"/proc/{self.proc.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
