"""typingtime.py ASKD [REQUESTS]: how long a completion takes from the editor's socket to the provider's.

Runs ASKD in a home of its own, with a provider that is this program, and asks REQUESTS (500) times for what is missing
in the middle of a file of some 200 KB, each time a character later and for the same buffer. Prints the time from before
the request is written to when the provider has its first byte, over a connection that stands: p50_us=N p99_us=N.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import msgpack

LINE = "    total += weight * values[index]  # as somebody wrote it, line after line\n"
CONFIG = """[daemon]
default_model = near/m
[provider "near"]
base_url = http://127.0.0.1:%d/v1
dialect = deepseek
"""
BODY = json.dumps({"choices": [{"index": 0, "text": "value", "finish_reason": "stop"}]}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)


def start(askd, home, port):
    for name in ("config/askd", "run", "state", "cache"):
        (home / name).mkdir(parents=True, mode=0o700)
    config = home / "config/askd/askd.conf"
    config.write_text(CONFIG % port)
    config.chmod(0o600)
    env = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "PATH": os.environ["PATH"]}
    env.update({f"XDG_{n.upper()}_HOME": str(home / n) for n in ("config", "state", "cache")})
    daemon = subprocess.Popen([askd], env=env, stderr=subprocess.DEVNULL)
    path = home / "run/askd/askd.sock"
    for _ in range(1000):
        try:
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            client.connect(str(path))
            return daemon, client
        except OSError:
            client.close()
            time.sleep(0.01)
    daemon.kill()
    sys.exit("askd does not listen")


def receive_request(provider):
    """Reads one; returns when its first byte was there."""
    data = provider.recv(1 << 16)
    at = time.perf_counter()
    while b"\r\n\r\n" not in data:
        data += provider.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length"))
    while len(body) < length:
        body += provider.recv(1 << 16)
    return at


def measure(client, listener, requests):
    unpacker = msgpack.Unpacker(raw=False)
    provider, times = None, []
    before, behind = LINE * 1300, LINE * 1300
    for i in range(requests):
        prefix = before + f"    x{i} = "
        frame = msgpack.packb([0, i, "complete", [{"prefix": prefix, "suffix": "\n" + behind, "buffer": "b"}]])
        began = time.perf_counter()
        client.sendall(frame)
        if not provider:
            provider = listener.accept()[0]
        times.append((receive_request(provider) - began) * 1e6)
        provider.sendall(ANSWER)
        while not (message := next(unpacker, None)):
            unpacker.feed(client.recv(1 << 16))
        if message[2] is not None:
            sys.exit(f"complete: {message[2]}")
    return sorted(times[1:])  # the first one opens the connection


def main():
    askd, requests = sys.argv[1], int((sys.argv[2:] + ["500"])[0])
    listener = socket.create_server(("127.0.0.1", 0))
    with tempfile.TemporaryDirectory(prefix="askd-b-", dir="/tmp") as folder:
        daemon, client = start(askd, pathlib.Path(folder), listener.getsockname()[1])
        try:
            times = measure(client, listener, requests)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()
    print(f"p50_us={times[len(times) // 2]:.0f} p99_us={times[len(times) * 99 // 100]:.0f}")


if __name__ == "__main__":
    main()
