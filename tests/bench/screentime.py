"""screentime.py ASK [EVENTS]: how long an event takes from the daemon's socket to a terminal.

Runs ASK on a terminal of its own, as its daemon, and sends EVENTS (2000) pieces of Markdown, each once the one before is
on the screen. Prints the time from before an event is written to when the terminal has its first byte: p50_us=N p99_us=N.
"""

import fcntl
import os
import pty
import select
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

import msgpack

PIECES = ["Some words of ", "a *paragraph* ", "with `code` and ", "中文字符, ", "on and on.\n\n", "- an item\n", "| a | b |\n"]


def messages(conn):
    unpacker = msgpack.Unpacker(raw=False)
    while data := conn.recv(1 << 16):
        unpacker.feed(data)
        yield from unpacker


def send(conn, message):
    conn.sendall(msgpack.packb(message))


def event(conn, seq, **event):
    send(conn, [2, "answer.event", ["a-1", seq, event]])


def drain(terminal, pause):
    """All that comes until it is quiet for so long; the time of the first byte, None where nothing came."""
    first = None
    while select.select([terminal], [], [], pause)[0]:
        first = first or time.perf_counter()
        os.read(terminal, 1 << 16)
        pause = 0.0005
    return first


def measure(conn, terminal, events):
    times = []
    event(conn, 0, type="start", model="m", provider="p", cached=False, shared=False, request=1)
    for seq in range(1, events + 1):
        drain(terminal, 0.002)
        begun = time.perf_counter()
        event(conn, seq, type="text", text=PIECES[seq % len(PIECES)])
        shown = drain(terminal, 0.5)
        if shown is not None:  # not every piece changes what is to be seen
            times.append((shown - begun) * 1e6)
    return sorted(times)


def main():
    ask, events = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "ASKD_AUTOSTART": "0", "HOME": folder}
        proc = subprocess.Popen([ask, "--socket", path, "hello"], stdin=theirs, stdout=theirs, stderr=theirs, env=env)
        conn, _ = listener.accept()
        times = []
        for _, msgid, method, _params in messages(conn):
            if method == "chat":
                times = measure(conn, ours, events)
                send(conn, [1, msgid, None, {"answer": "a-1", "text": "x", "finish_reason": "stop"}])
                break
            send(conn, [1, msgid, None, {}])
        drain(ours, 0.2)
        proc.wait(10)
    print(f"p50_us={times[len(times) // 2]:.0f} p99_us={times[len(times) * 99 // 100]:.0f} n={len(times)}")


if __name__ == "__main__":
    main()
