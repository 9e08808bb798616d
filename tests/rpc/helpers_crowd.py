"""Many clients of one daemon in one process, each with requests of all kinds under way. What they were told goes, with
the time at which it was read, into a Told (helpers_told.py)."""

import hashlib
import selectors
import socket
import struct
import time

import msgpack

from client import NOTIFICATION, REQUEST, RESPONSE, Closed, check_shape, pack
from fault_provider import words_text
from helpers_told import Question

PATIENCE = 30
AT_ONCE = 2  # requests of one client under way, slow answers not counted
SLOW = 24  # slow answers at once, so that they and not the provider set the pace
TEXTS = 100  # that vectors are asked for
UNKNOWN = "01890000-0000-7000-8000-000000000000"  # an id that nobody has


def vector_of(text):
    """As the provider "vectors" gives it."""
    return list(hashlib.sha256(text.encode()).digest()[:8])


class Wire:
    """A connection that does not wait when it reads, and keeps the bytes of each message."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", PATIENCE, 0))
        try:
            self.sock.connect(str(path))
        except OSError:
            self.sock.close()
            raise
        self.unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=1 << 30)
        self.held = bytearray()
        self.base = 0  # of `held` in the stream
        self.next_id = 0
        self.pending = {}  # msgid -> what to do with (error, result)

    def close(self):
        self.sock.close()

    def request(self, method, params, on_reply):
        self.next_id += 1
        self.pending[self.next_id] = on_reply
        try:
            self.sock.sendall(pack([REQUEST, self.next_id, method, [params]]))
        except ConnectionError:
            raise Closed from None
        return self.next_id

    def read(self, wait=False):
        """[(message, bytes)]; none of them where there is nothing to be read. Closed at the end."""
        try:
            data = self.sock.recv(1 << 18, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        except ConnectionError:
            data = b""
        if not data:
            raise Closed
        self.held += data
        self.unpacker.feed(data)
        found = []
        for message in self.unpacker:
            check_shape(message)
            size = self.unpacker.tell() - self.base
            found.append((message, bytes(self.held[:size])))
            del self.held[:size]
            self.base += size
        return found

    def take(self, on_event, wait=False):
        """Reads, and hands responses to whoever waits for them."""
        for message, raw in self.read(wait):
            if message[0] == RESPONSE:
                self.pending.pop(message[1])(message[2], message[3])
            else:
                assert message[0] == NOTIFICATION and message[1] == "answer.event", message
                on_event(*message[2], raw)


class Caller(Wire):
    """The same, for one who waits: several requests at once, and their outcomes in order."""

    def __init__(self, path):
        super().__init__(path)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE, 0))

    def ask_all(self, method, list_of_params, on_event=None):
        """[(error, result)]"""
        outcomes = [None] * len(list_of_params)

        def keeper(i):
            def keep(error, result):
                outcomes[i] = (error, result)

            return keep

        for i, params in enumerate(list_of_params):
            self.request(method, params, keeper(i))
            while len(self.pending) >= 200:
                self.take(on_event, wait=True)
        while self.pending:
            self.take(on_event, wait=True)
        return outcomes

    def ask(self, method, params):
        error, result = self.ask_all(method, [params])[0]
        assert error is None, (method, params, error)
        return result


class Asker:
    """One of the crowd."""

    def __init__(self, crowd, path):
        self.crowd = crowd
        self.wire = Wire(path)
        self.busy = 0
        self.by_msgid = {}

    def request(self, method, params, on_reply, counts=True):
        self.busy += counts

        def done(error, result):
            self.busy -= counts
            on_reply(error, result)
            self.crowd.go_on(self)

        return self.wire.request(method, params, done)


class Crowd:
    def __init__(self, path, told, rng, size, requests):
        self.told, self.rng = told, rng
        self.left = requests
        self.slow = 0
        self.pending_writes = {}  # when they were sent
        self.slowest_write = 0
        self.selector = selectors.DefaultSelector()
        self.askers = [Asker(self, path) for _ in range(size)]
        for a in self.askers:
            self.selector.register(a.wire.sock, selectors.EVENT_READ, a)

    # -- its life

    def run(self, seconds):
        """Asks for so long, or until the daemon closes."""
        end = time.monotonic() + seconds
        for _ in range(AT_ONCE):
            for a in self.askers:
                self.go_on(a)
        while (left := end - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                self.read(key.data)

    def drain(self):
        """Reads what a daemon that is dead had still said."""
        self.left = 0
        for a in self.askers:
            try:
                while True:
                    self.read(a, wait=True)
            except Closed:
                pass

    def close(self):
        self.selector.close()
        for a in self.askers:
            a.wire.close()

    def longest_write(self, now):
        """Seconds that a write to the store has taken, the ones under way included."""
        return max([self.slowest_write] + [now - t for t in self.pending_writes.values()])

    def read(self, asker, wait=False):
        def on_event(answer, seq, event, raw):
            if event["type"] == "start":
                self.told.starts(asker.by_msgid[event["request"]], answer, event)
            self.told.sees(answer, seq, raw, time.monotonic())

        asker.wire.take(on_event, wait)

    def go_on(self, asker):
        if self.left > 0 and asker.busy < AT_ONCE:
            self.left -= 1
            try:
                self.rng.choices(ACTS, WEIGHTS)[0](self, asker)
            except Closed:
                self.left = 0  # what it has said is still to be read

    def write(self, asker, method, params, on_reply):
        """A request that is answered after its commit."""
        key = object()
        self.pending_writes[key] = time.monotonic()

        def done(error, result):
            self.slowest_write = max(self.slowest_write, time.monotonic() - self.pending_writes.pop(key))
            on_reply(error, result)

        asker.request(method, params, done)

    # -- questions

    def model(self):
        """(model, what it says, whether it takes its time)"""
        r = self.rng.random()
        if r < 0.3 and self.slow < SLOW:
            n = self.rng.randrange(50, 400)
            return f"slow-{n}-{self.rng.randrange(5, 60)}", words_text(n), True
        if r < 0.4:
            return "words-30", words_text(30), False
        if r < 0.45:
            return "status-400", "", False
        return "echo", None, False

    def chat(self, asker, conversation=None, parent=None, **params):
        """conversation: one that was told of, "new" or None; parent: a message of it."""
        model, reply, slow = params.pop("model", None) or self.model()
        detach = params.get("detach", False)
        cache = params.pop("cache", "use")
        params.setdefault("stream", not detach and (slow or self.rng.random() < 0.5))
        prompt = params.pop("prompt", None) or self.told.new_text(self.rng, "question")
        new = conversation == "new"
        q = Question(prompt, model, prompt if reply is None else reply, new=new, **params)
        params.update(model=f"fake/{model}", prompt=prompt, cache=cache)
        if conversation is not None:
            params["conversation"] = conversation if new else conversation.id
            if not new:
                q.conversation = conversation.id
                conversation.asks(q, parent)
        if parent is not None:
            params["parent"] = parent
        self.told.asks(q)
        self.slow += slow

        def done(error, result):
            self.slow -= slow
            now = time.monotonic()
            if detach and error is None:
                self.told.detaches(q, result["answer"])
            else:
                self.told.answers(q, error, result, now)

        asker.by_msgid[asker.request("chat", params, done, counts=not slow)] = q

    def new(self, asker):
        self.chat(asker, "new")

    def continue_one(self, asker):
        c = self.told.pick_conversation(self.rng)
        self.chat(asker, c or "new")

    def branch(self, asker):
        c = self.told.pick_conversation(self.rng, with_message=True)
        self.chat(asker, c or "new", c and self.rng.choice(c.known()))

    def plain(self, asker):
        self.chat(asker)

    def detach(self, asker):
        c = self.rng.choice([None, "new", self.told.pick_conversation(self.rng)])
        self.chat(asker, c, detach=True)

    def again(self, asker):
        """What was asked before, or is being asked."""
        q = self.told.pick_asked(self.rng)
        if not q:
            return self.plain(asker)
        policy = self.rng.choices(("use", "refresh", "off"), (15, 4, 1))[0]
        model = (q.model, q.reply, q.model.startswith("slow"))
        where, detach = self.rng.choice([(None, False), ("new", False), (None, True), ("new", True)])
        self.chat(asker, where, prompt=q.prompt, model=model, detach=detach, cache=policy)

    def embed(self, asker):
        texts = [f"text {self.rng.randrange(TEXTS)}" for _ in range(self.rng.randrange(1, 5))]

        def done(error, result):
            assert error is None and result["vectors"] == [vector_of(t) for t in texts], (error, result)

        asker.request("embed", {"model": "vectors/m", "input": texts}, done)

    def unstored(self, asker):
        self.chat(asker, prompt=self.told.new_secret(), store=False, model=("echo", None, False))

    def wrong_parent(self, asker):
        c = self.told.pick_conversation(self.rng)
        if not c:
            return self.new(asker)
        params = {"model": "fake/echo", "prompt": self.told.new_text(self.rng, "never"), "parent": UNKNOWN}

        def done(error, result):
            assert c.deleted or (error and error["code"] == "not_found" and error["param"] == "parent"), (error, result)

        asker.request("chat", {"conversation": c.id, **params}, done)

    def cancel(self, asker):
        q = self.told.pick_running(self.rng)
        if not q:
            return self.plain(asker)
        q.cancel = "asked"

        def done(error, result):
            if error and error["code"] == "not_found" and q.free and not q.kept:
                return  # it has ended, and nobody can come back to it
            assert error is None and result == {}, error
            q.cancel, q.cancelled_at = "told", time.monotonic()

        asker.request("answer.cancel", {"answer": q.answer}, done)

    # -- conversations

    def create(self, asker):
        made = self.told.new_chain(self.rng)
        params = {"messages": [{"role": role, "content": text} for role, text in made]}
        title = None
        if self.rng.random() < 0.5:
            title = params["title"] = self.told.new_title()

        def done(error, result):
            assert error is None, error
            self.told.creates(result["conversation"], made, title)

        self.write(asker, "conversation.create", params, done)

    def fork(self, asker):
        c = self.told.pick_conversation(self.rng, with_message=True)
        if not c:
            return self.create(asker)
        message = self.rng.choice(c.known())
        text = self.told.forks(c, message)

        def done(error, result):
            if c.deleted and error and error["code"] == "not_found":
                return
            assert error is None, error
            self.told.forked(result["conversation"], c, message, text)

        self.write(asker, "conversation.fork", {"conversation": c.id, "message": message}, done)

    def rename(self, asker):
        c = self.told.pick_conversation(self.rng, to_rename=True)
        if not c:
            return self.create(asker)
        title = self.told.new_title()
        c.renames(title)

        def done(error, result):
            if c.deleted and error and error["code"] == "not_found":
                return
            assert error is None and result == {}, error
            c.renamed(title)

        self.write(asker, "conversation.rename", {"conversation": c.id, "title": title}, done)

    def delete(self, asker):
        c = self.told.pick_conversation(self.rng)
        if not c:
            return self.create(asker)
        c.deleted, c.dirty = "asked", True

        def done(error, result):
            assert error is None and result == {}, error
            c.deleted = "told"

        self.write(asker, "conversation.delete", {"conversation": c.id}, done)


ACTS, WEIGHTS = zip(
    (Crowd.new, 12),
    (Crowd.continue_one, 12),
    (Crowd.branch, 8),
    (Crowd.plain, 10),
    (Crowd.detach, 10),
    (Crowd.again, 30),
    (Crowd.embed, 6),
    (Crowd.unstored, 6),
    (Crowd.wrong_parent, 2),
    (Crowd.cancel, 8),
    (Crowd.create, 8),
    (Crowd.fork, 6),
    (Crowd.rename, 6),
    (Crowd.delete, 4),
)
