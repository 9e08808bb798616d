"""A schedule: random acts of clients, a provider and whoever stops the daemon, one after the other, and after each of
them what everybody was told is held against the model (helpers_model.py).

An act is over when the daemon has done it. A reader that is *idle* reads only in acts of its own, the others at once.
"""

import functools
import itertools
import signal

import schema
from client import NOTIFICATION, RESPONSE, Client, Closed, RpcError
from conftest import PATIENCE, wait_until
from helpers_model import Answer, Conversation, Model

MODEL = "fake/m"
IDLE_BUFFER = 4096  # what the kernel holds for a reader that is idle: the daemon has to wait for it
LARGE = 30000  # characters of a large piece
POLICIES = ("use", "refresh", "off", "only")

watch_until = functools.partial(wait_until, pause=0.0005)  # which is small beside an act


class Stream:
    """What one request of a reader has been told of an answer. next: the event that is due."""

    def __init__(self, answer, first=0, events=True, detach=False, owner=False):
        self.answer, self.next, self.events, self.detach, self.owner = answer, first, events, detach, owner
        self.over = False

    @property
    def waits(self):
        """Is it owed something that it has not got?"""
        if self.over:
            return False
        return self.detach or self.answer.ended or (self.events and self.next < self.answer.total)

    def sees(self, id, seq, event):
        a = self.answer
        assert not self.over and self.events, (id, seq, event)
        assert a.id in (None, id), (id, vars(a))
        a.id = id
        assert seq == self.next, f"event {seq} of {a} where {self.next} is due"
        a.check_event(seq, event)
        self.next += 1

    def ends(self, error, result):
        a = self.answer
        assert not self.over, (error, result)
        self.over = True
        if self.detach:
            assert error is None and a.id in (None, result["answer"]), (error, result, a)
            a.id, a.accepted = result["answer"], True
            return
        assert not self.events or self.next >= a.total, f"{a} ends at event {self.next} for {vars(self)}"
        a.id = a.id or (result or error)["answer"]
        a.check_outcome(error, result)


class Reader(Client):
    def __init__(self, path, idle=False):
        super().__init__(path, timeout=PATIENCE, receive_buffer=IDLE_BUFFER if idle else None)
        self.idle = idle
        self.streams = []
        self.by_msgid = {}

    def opens(self, stream, method, params):
        """A request whose events carry its number, so that two readers of an answer on one connection are told apart."""
        if self.idle:
            self.catch_up()  # the daemon takes nothing from who does not take what it was sent
        number = len(self.streams)
        self.streams.append(stream)
        msgid = self.request(method, {**params, "notify": {"method": "event", "args": [number]}})
        self.by_msgid[msgid] = stream
        return msgid

    def take(self, timeout=None):
        message = self.recv(timeout)
        self.log.clear()
        if message[0] == RESPONSE:
            self.by_msgid.pop(message[1]).ends(message[2], message[3])
            return
        assert message[:2] == [NOTIFICATION, "event"], message
        number, event = message[2]
        schema.check_event(event)
        self.streams[number].sees(*event)

    def catch_up(self):
        while any(s.waits for s in self.streams):
            self.take()

    def check_still(self):
        """Nothing has come that nobody was owed."""
        stream = Stream(None)
        msgid = self.request("status")
        self.by_msgid[msgid] = stream
        stream.ends = lambda error, result: setattr(stream, "over", True)
        while not stream.over:
            self.take()

    def drain(self):
        """Of a daemon that has ended, or ends."""
        try:
            while True:
                self.take()
        except Closed:
            pass


class Schedule:
    """start: starts the daemon, which has the provider for its own."""

    def __init__(self, home, start, provider, rng, name):
        self.home, self.start, self.provider, self.rng, self.name = home, start, provider, rng, name
        self.model = Model()
        self.steps = []
        self.asked = 0  # requests that the provider should have got
        self.base = len(provider.requests)
        self.readers = []

    def run(self, daemon, length):
        """The daemon that runs at the end."""
        self.daemon = daemon
        self.begin()
        self.prompts = [f"{self.name} {i}" for i in range(self.rng.randint(1, 3))]
        try:
            for _ in range(length):
                act = self.rng.choices(ACTS, WEIGHTS)[0]
                act(self)
                self.look()
            self.finish_all()
        finally:
            for c in [self.control, *self.readers]:
                c.close()
        return self.daemon

    def begin(self):
        """With a daemon that runs, once its cache does."""
        self.control = Client(self.home.socket, timeout=PATIENCE)
        watch_until(lambda: "opening" not in self.tiers(), "the cache is open")
        self.persistent = self.tiers()[1:] == ["ok"]
        self.counts = self.stats()

    def tiers(self):
        return [t["state"] for t in self.call("cache.stats")["tiers"]]

    def note(self, *words):
        self.steps.append(" ".join(map(str, words)))

    # -- what is there

    def call(self, method, params=None):
        self.control.log.clear()
        return self.control.call(method, params)

    def stats(self):
        s = self.control.call("cache.stats")
        return {name: s[name] for name in ("hits", "misses", "joins")}

    def wait_counts(self):
        """Each question that may be answered from the cache is counted when it is decided how."""
        wanted = {name: self.counts[name] + n for name, n in self.model.counts.items()}

        def counted():
            now = self.stats()
            assert all(now[name] <= wanted[name] for name in wanted), (now, wanted)
            return now == wanted

        watch_until(counted, f"the cache has counted {wanted}")

    def look(self):
        """All that is owed has come, and nothing else."""
        for r in self.readers:
            if not r.idle:
                r.catch_up()
        self.provider.look()
        assert len(self.provider.requests) - self.base == self.asked, "the provider was asked too often"
        for run in self.model.runs:
            assert not run.request.aborted, f"a request was given up: {run.riders}"

    def learn(self, a):
        """What its asker was not told of an answer yet: its id, where it can be found, and its message."""
        if a.id is None and a.findable and (a.kept or not a.ended):
            a.id = watch_until(lambda: self.listed(a), "the answer is listed")
        if a.conversation and not a.message:
            a.check_map(self.call("answer.get", {"answer": a.id}))

    def listed(self, a):
        known = {b.id for b in self.model.answers}
        items = self.call("answer.list", {"state": a.state})
        return next((i["answer"] for i in items if i["answer"] not in known), None)

    def wait_text(self, a):
        """What was said has reached the log."""
        watch_until(lambda: self.get_matches(a), f"{a} says what its provider has said")

    def get_matches(self, a):
        m = self.call("answer.get", {"answer": a.id})
        if m["state"] != a.state or len(m["text"]) < sum(len(e.get("text", "")) for e in a.events):
            return False
        a.check_map(m)
        return True

    # -- acts of clients

    def reader(self):
        if len(self.readers) < 3 or (len(self.readers) < 8 and self.rng.random() < 0.2):
            self.readers.append(Reader(self.home.socket, idle=self.rng.random() < 0.25))
            return self.readers[-1]
        return self.rng.choice(self.readers)

    def place(self):
        """(conversation, parent) of a question; the head where it names no parent."""
        r = self.rng.random()
        told = [c for c in self.model.conversations if c.id]
        if r < 0.45:
            return None, None
        if r < 0.65 or not told:
            return Conversation(), None
        c = self.rng.choice(told)
        ended = [a for a in c.answers if a.ended and a.message]
        return c, self.rng.choice(ended) if ended and self.rng.random() < 0.2 else None

    def ask(self):
        conversation, parent = self.place()
        fresh = conversation is not None and conversation.id is None
        detach = self.rng.random() < 0.15
        events = not detach and self.rng.random() < 0.8
        policy = self.rng.choices(POLICIES, (14, 3, 2, 2))[0]
        store = conversation is not None or self.rng.random() < 0.85
        prompt = self.rng.choice(self.prompts)
        reader = self.reader()
        params = {"model": MODEL, "prompt": prompt, "stream": events, "detach": detach, "store": store, "cache": policy}
        if conversation:
            params["conversation"] = conversation.id or "new"
        if parent:
            params["parent"] = parent.message
        head = conversation and conversation.head
        a = Answer(prompt, conversation, parent or head, detach, store)
        a.key = (*Conversation.path(a.parent), ("user", prompt))
        if parent and parent is not head and policy == "use":
            policy = "refresh"
        how = self.model.decide(a, policy)
        self.note("ask", how, policy, params, "idle" if reader.idle else "")
        if how == "nothing":
            return self.ask_in_vain(reader, params)
        if fresh:
            self.model.conversations.append(conversation)
        stream = Stream(a, events=events, detach=detach, owner=not detach)
        a.msgid = reader.opens(stream, "chat", params)
        if how == "fresh":
            self.asked += 1
            self.provider.wait(lambda: len(self.provider.requests) - self.base >= self.asked, "the provider is asked")
            request = self.provider.requests[-1]
            assert request.messages == a.key, (request.messages, a.key)
            self.model.start(a, request, policy)
        else:
            getattr(self.model, how)(a)
        self.wait_counts()
        if not reader.idle:
            reader.catch_up()
        self.learn(a)
        return None

    def ask_in_vain(self, reader, params):
        if reader.idle:
            reader = self.control
        try:
            self.control.call("chat", params)
        except RpcError as e:
            assert e.code == "not_found", e.error
        else:
            raise AssertionError(f"{params} was answered")
        self.wait_counts()

    def pick(self, wanted):
        found = [a for a in self.model.answers if a.id and wanted(a)]
        return self.rng.choice(found) if found else None

    def attach(self):
        a = self.pick(lambda a: a.findable)
        if not a:
            return
        first = self.rng.choice([0, 0, self.rng.randrange(a.total + 2)])
        events = self.rng.random() < 0.85
        # One that nobody comes back to may be gone before an idle reader's request is read.
        lasting = a.kept or not a.shared
        reader = self.reader()
        if reader.idle and not lasting:
            return
        self.note("attach", a, first, events, "idle" if reader.idle else "")
        a.check_map(self.call("answer.get", {"answer": a.id}))  # which also brings it back from the store
        before = self.call("status")["requests"]
        reader.opens(Stream(a, first, events), "answer.attach", {"answer": a.id, "from": first, "stream": events})
        calls = itertools.count(1)
        watch_until(lambda: self.call("status")["requests"] > before + next(calls), "the reader is there")

    def get(self):
        a = self.pick(lambda a: True)
        if not a:
            return
        self.note("get", a)
        if not a.findable:
            return self.check_gone(a)
        a.check_map(self.call("answer.get", {"answer": a.id}))

    def check_gone(self, a):
        try:
            self.call("answer.get", {"answer": a.id})
        except RpcError as e:
            assert e.code == "not_found", e.error
        else:
            raise AssertionError(f"{a} is still there")

    def cancel(self, a=None):
        a = a or self.pick(lambda a: not a.ended)
        if not a:
            return
        self.note("cancel", a)
        self.call("answer.cancel", {"answer": a.id})
        self.leaves(a)

    def leaves(self, a):
        request = a.run.request
        if self.model.leaves(a):
            self.provider.wait(lambda: request.aborted, "the provider's request is given up")
        if a.findable:
            self.wait_text(a)
        else:
            self.wait_gone(a)

    def wait_gone(self, a):
        def gone():
            try:
                self.call("answer.get", {"answer": a.id})
            except RpcError as e:
                return e.code == "not_found"
            return False

        watch_until(gone, f"{a} is forgotten")

    def hang_up(self):
        if not self.readers:
            return
        r = self.rng.choice(self.readers)
        self.note("hang up", self.readers.index(r), "idle" if r.idle else "")
        self.readers.remove(r)
        r.close()
        for s in r.streams:
            if s.owner and not s.over and not s.answer.kept and not s.answer.ended:
                self.leaves(s.answer)

    def read_some(self):
        idle = [r for r in self.readers if r.idle]
        if not idle:
            return
        r = self.rng.choice(idle)
        n = self.rng.randrange(1, 10)
        self.note("read", n)
        try:
            for _ in range(n):
                r.take(0)
        except TimeoutError:
            pass

    def look_up(self):
        a = self.pick(lambda a: a.key)
        if a:
            self.note("look up", a.key)
            self.check_cached(a.key)

    def check_cached(self, key):
        messages = [{"role": role, "content": text} for role, text in key]
        found = self.call("cache.lookup", {"model": MODEL, "messages": messages})
        kept = self.model.cache.get(key)
        assert found["hit"] == (kept is not None), (key, found, kept and kept.text)
        if kept:
            kept.check(self.call("cache.lookup", {"key": found["key"]}))

    def check_conversation(self):
        told = [c for c in self.model.conversations if c.id]
        if told:
            c = self.rng.choice(told)
            self.note("conversation", c.id)
            c.check(self.call("conversation.get", {"conversation": c.id}))

    # -- acts of the provider

    def piece(self, run=None):
        if not self.model.runs:
            return
        run = run or self.rng.choice(self.model.runs)
        for _ in range(self.rng.randrange(1, 4)):
            text = f"{run.request.number}.{len(run.events)} " + self.rng.choice(["", "", "ß👩 "])
            if self.rng.random() < 0.05:
                text += "x" * LARGE
            run.events.append({"type": "text", "text": text})
            run.request.say(text)
        self.note("piece", run.request.number, len(run.events))
        self.wait_text(run.riders[0])

    def end(self, how=None, run=None):
        if not self.model.runs:
            return
        run = run or self.rng.choice(self.model.runs)
        hows = ("stop", "length", "cut") if run.events else ("refused",)
        how = how or self.rng.choices(hows, (6, 1, 1)[: len(hows)])[0]
        if how == "refused" and self.rng.random() < 0.7:
            return
        self.note("end", run.request.number, how)
        riders = list(run.riders)
        if how == "cut":
            run.request.cut()
        elif how == "refused":
            run.request.refuse(400)
        else:
            run.request.end(how)
        self.model.ends(run, how)
        for a in riders:
            if a.findable:
                self.wait_text(a)
            else:
                self.wait_gone(a)

    # -- the end of the daemon

    def restart(self):
        kill = self.rng.random() < 0.6
        self.note("kill" if kill else "end", "the daemon")
        if kill:
            self.daemon.kill()
        else:
            self.model.interrupt()
            self.daemon.signal(signal.SIGTERM)
            for r in self.readers:
                r.catch_up()  # a daemon that ends waits for its readers, for all of them
                assert all(s.over for s in r.streams), "a reader was not told of the end"
        for r in self.readers:
            r.drain()
            r.close()
        self.control.close()
        self.readers = []
        assert kill or self.daemon.wait() == 0
        cut_off = self.model.running()
        self.model.restarts()
        self.daemon = self.start()
        self.begin()
        for a in cut_off:
            self.find_cut_off(a)
        for c in list(self.model.conversations):
            self.find_conversation(c, cut_off)
        for key in list(self.model.cache):
            self.find_cached(key, kill)

    def find_cut_off(self, a):
        """What is left of an answer that was running when the daemon was killed: as it was told, up to somewhere."""
        if a.lost or not self.is_there(a):
            assert a.lost or not a.accepted, f"{a} is lost"
            return self.model.forgets(a)
        self.control.log.clear()
        msgid = self.control.request("answer.attach", {"answer": a.id})
        error, _ = self.control.response(msgid)
        events = [e for _, e in self.control.events(a.id)]
        assert [n for n, _ in self.control.events(a.id)] == list(range(len(events))), events
        a.check_start(events[0])
        assert events[1:] == a.events[: len(events) - 1], (events, a.events)
        self.model.cut_off(a, len(events) - 1)
        a.check_error(error)
        return a.check_map(self.call("answer.get", {"answer": a.id}))

    def is_there(self, a):
        error, _ = self.control.response(self.control.request("answer.get", {"answer": a.id}))
        assert error is None or error["code"] == "not_found", error
        return error is None

    def find_conversation(self, c, cut_off):
        """Which of several that were cut off is its head is not ours to say."""
        if not c.answers:
            self.model.conversations.remove(c)
            return
        found = self.call("conversation.get", {"conversation": c.id})
        heads = {a.message: a for a in c.answers if a is c.head or a in cut_off}
        if c.head is None or c.head.lost:
            heads[None] = None
        assert found.get("head") in heads, (found, heads)
        c.head = heads[found.get("head")]
        c.check(found)

    def find_cached(self, key, kill):
        """A write that was under way may be lost; what was there before it is then."""
        messages = [{"role": role, "content": text} for role, text in key]
        found = self.call("cache.lookup", {"model": MODEL, "messages": messages})
        kept = self.model.cache.pop(key)
        if not found["hit"]:
            assert kill or not (self.persistent and kept.persist), f"{key} is lost to the cache"
            return
        there = self.call("cache.lookup", {"key": found["key"]})
        while there["text"] != kept.text:
            assert kept.before and (kill or not kept.persist), (key, there, kept.text)
            kept = kept.before
        assert self.persistent and kept.persist, f"{key} was not to be stored"
        kept.check(there)
        self.model.cache[key] = kept

    def finish_all(self):
        """Whatever is under way ends, everybody reads to the end, and all is looked at once more."""
        while self.model.runs:
            run = self.model.runs[0]
            if self.rng.random() < 0.2:
                self.cancel(run.riders[0])
            else:
                self.piece(run)
                self.end("stop", run)
            self.look()
        self.check_all()

    def check_all(self):
        for r in self.readers:
            r.catch_up()
            assert all(s.over for s in r.streams)
            r.check_still()
        own = Reader(self.home.socket)
        self.readers.append(own)
        for a in self.model.answers:
            if a.id and a.findable:
                own.opens(Stream(a), "answer.attach", {"answer": a.id})
                a.check_map(self.call("answer.get", {"answer": a.id}))
            elif a.id:
                self.check_gone(a)
        own.catch_up()
        for c in self.model.conversations:
            if c.id:
                c.check(self.call("conversation.get", {"conversation": c.id}))
        for key in {a.key for a in self.model.answers}:
            self.check_cached(key)
        self.wait_counts()
        self.look()


ACTS, WEIGHTS = zip(
    (Schedule.ask, 14),
    (Schedule.piece, 10),
    (Schedule.end, 8),
    (Schedule.attach, 5),
    (Schedule.cancel, 2),
    (Schedule.hang_up, 1.5),
    (Schedule.read_some, 3),
    (Schedule.get, 2),
    (Schedule.look_up, 1),
    (Schedule.check_conversation, 2),
    (Schedule.restart, 1),
)
