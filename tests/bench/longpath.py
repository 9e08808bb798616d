"""longpath.py SOCKET [MESSAGES [QUESTIONS]]: what a long conversation costs before its question goes out.

Makes a conversation of MESSAGES (1000) of some hundred bytes and asks below its last message QUESTIONS (100) times, one
after the other. Prints the median of the answers' timing.queued_ms, the daemon's own time until the provider was asked:
p50_us=N.
"""

import socket
import statistics
import sys

import msgpack

TEXT = "as people and models write them, line after line, in some conversation or other that goes on and on: "


class Connection:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(path)
        self.unpacker = msgpack.Unpacker(raw=False, max_buffer_size=1 << 30)

    def call(self, method, params):
        self.sock.sendall(msgpack.packb([0, 1, method, [params]]))
        while True:
            for message in self.unpacker:
                if message[0] == 1:
                    if message[2] is not None:
                        sys.exit(f"{method}: {message[2]}")
                    return message[3]
            data = self.sock.recv(1 << 18)
            if not data:
                sys.exit("askd closed the connection")
            self.unpacker.feed(data)


def main():
    path, messages, questions = sys.argv[1], *map(int, (sys.argv[2:] + ["1000", "100"][len(sys.argv) - 2 :]))
    c = Connection(path)
    turns = [{"role": ("user", "assistant")[i % 2], "content": f"{TEXT}{i}"} for i in range(messages)]
    conversation = c.call("conversation.create", {"messages": turns})["conversation"]
    parent = c.call("conversation.get", {"conversation": conversation})["head"]
    params = {"conversation": conversation, "parent": parent, "max_tokens": 1, "cache": "off"}
    asked = [c.call("chat", {**params, "prompt": f"question {i}"}) for i in range(questions)]
    print(f"p50_us={statistics.median(a['timing']['queued_ms'] for a in asked) * 1000:.0f}")


if __name__ == "__main__":
    main()
