"""What a daemon must say, told without a daemon: logs that providers fill, answers that read them, the conversations
that they are in, and a cache. Whoever runs a daemon beside it (helpers_schedule.py) holds against it all that it hears.

A question's key is what is sent: the messages of its path, and itself. Events are as on the wire, without `start`.
"""

ERROR_CODES = {
    "cut": {"unavailable", "bad_response"},
    "refused": {"invalid_request"},
    "cancelled": {"cancelled"},
    "interrupted": {"interrupted"},
}
STATES = {"cut": "failed", "refused": "failed", "cancelled": "cancelled", "interrupted": "interrupted"}
PIECE = 32768  # bytes of text in one event of a copy in the cache
OF_THE_LOG = ("text", "finish_reason", "provider", "model", "usage", "key", "reasoning", "tool_calls", "content")


def text_of(events):
    return "".join(e["text"] for e in events if e["type"] == "text")


def pieces(text):
    """As the cache keeps it: each holds whole characters, and as many as may be."""
    data = text.encode()
    while data:
        end = min(PIECE, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[:end].decode()
        data = data[end:]


class Answer:
    """state: as in the answer map. events: all but the start; shared with the run while it is on one."""

    def __init__(self, prompt, conversation=None, parent=None, detach=False, store=True):
        self.prompt, self.conversation, self.parent = prompt, conversation, parent
        self.store = store
        self.kept = detach or conversation is not None
        self.cached = self.shared = False
        self.id = self.message = self.msgid = None  # until they are told
        self.key = None
        self.run = None
        self.events = []
        self.why = None  # of its end, where not done: a key of STATES
        self.state = "running"
        self.map = None  # as it was first told after its end
        self.error = None  # likewise
        self.accepted = False  # its asker was told that it is stored
        self.lost = False  # with the daemon that had it

    @property
    def ended(self):
        return self.state != "running"

    @property
    def total(self):
        return 1 + len(self.events)

    @property
    def stored(self):
        return self.store and (self.kept or not (self.cached or self.shared))

    @property
    def findable(self):
        if self.lost:
            return False
        return not self.ended or self.kept or not (self.cached or self.shared)

    def ends(self, state, events, why=None):
        self.state, self.events, self.why, self.run = state, events, why, None

    def check_event(self, seq, event):
        if seq == 0:
            return self.check_start(event)
        assert seq < self.total, f"event {seq} {event}, but there are {self.total}"
        expected = self.events[seq - 1]
        if expected["type"] == "error" and "message" not in expected:
            assert event["type"] == "error" and event["code"] in ERROR_CODES[self.why], (event, self.why)
            expected.update(event)  # all readers see this one
        assert event == expected, (seq, event, expected)

    def check_start(self, event):
        where = (event, vars(self))
        assert event["type"] == "start", where
        assert (event["cached"], event["shared"]) == (self.cached, self.shared), where
        assert (event["provider"], event["model"]) == ("fake", "m"), where
        assert event["request"] == self.msgid, where
        assert ("conversation" in event) == (self.conversation is not None), where
        if self.conversation:
            self.conversation.learn(event["conversation"])
            self.learn_message(event["message"])

    def learn_message(self, message):
        assert self.message in (None, message), (self.message, message)
        self.message = message

    def check_map(self, m):
        where = (m, vars(self))
        assert (m["state"], m["text"]) == (self.state, text_of(self.events)), where
        assert (m["cached"], m["shared"]) == (self.cached, self.shared), where
        assert ("conversation" in m) == (self.conversation is not None), where
        if self.conversation:
            self.conversation.learn(m["conversation"])
            self.learn_message(m["message"])
        if not self.ended:
            return
        if self.state == "done":
            assert m["finish_reason"] == self.events[-1]["finish_reason"] and "error" not in m, where
        else:
            self.check_error(m["error"])
        self.map = self.map or m
        assert m == self.map, (m, self.map)

    def check_error(self, error):
        assert error["code"] in ERROR_CODES[self.why], (error, vars(self))
        told = {k: v for k, v in error.items() if k != "answer"}
        self.error = self.error or told
        assert told == self.error, (error, self.error)

    def check_outcome(self, error, result):
        assert self.ended, (error, result, vars(self))
        if self.state == "done":
            assert error is None, (error, vars(self))
            self.check_map(result)
        else:
            assert error is not None and error["answer"] == self.id, (error, result, vars(self))
            self.check_error(error)

    def __repr__(self):
        return f"<{self.id} {self.state} {self.why} {self.prompt} {len(self.events)} events>"


class Conversation:
    def __init__(self):
        self.id = None
        self.answers = []
        self.head = None  # an answer

    def learn(self, id):
        assert self.id in (None, id), (self.id, id)
        self.id = id

    @staticmethod
    def path(leaf):
        """What is sent of it: turns without a word are left out."""
        path = ()
        while leaf:
            if text := text_of(leaf.events):
                path = (("user", leaf.prompt), ("assistant", text), *path)
            leaf = leaf.parent
        return path

    def check(self, found):
        """found: conversation.get. Each answer is in it once, behind its question, and nothing else is."""
        messages = {m["id"]: m for m in found["messages"]}
        assert len(messages) == len(found["messages"]), found
        there = [a for a in self.answers if a.message in messages]
        for a in there:
            m = messages[a.message]
            question = messages[m["parent"]]
            where = (m, question, vars(a))
            assert (m["role"], question["role"], question["content"]) == ("assistant", "user", a.prompt), where
            assert question.get("parent") == (a.parent and a.parent.message), where
            assert not a.ended or (m["content"], m["state"]) == (text_of(a.events), a.state), where
        missing = [a for a in self.answers if a.ended and a not in there]
        assert not missing, f"{missing} not in {found}"
        assert len({messages[a.message]["parent"] for a in there}) == len(there), found
        assert len(messages) == 2 * len(there), (found, self.answers)
        assert found.get("head") == (self.head and self.head.message), (found, self.head)


class Run:
    def __init__(self, key, request, offered):
        self.key, self.request = key, request
        self.offered = offered  # whoever asks the same may join; and it is kept
        self.outdated = False  # the same was asked anew meanwhile
        self.persist = False
        self.events = []
        self.riders = []


class Kept:
    """In the cache, and whose it is. before: what it took the place of."""

    def __init__(self, source, persist, before=None):
        self.source, self.persist, self.before = source, persist, before
        self.done = source.events[-1]

    @property
    def text(self):
        return text_of(self.source.events)

    def events(self):
        """Compacted."""
        return [*({"type": "text", "text": piece} for piece in pieces(self.text)), dict(self.done)]

    def check(self, m):
        """An answer map of it."""
        assert (m["text"], m["finish_reason"], m["cached"]) == (self.text, self.done["finish_reason"], True), m
        if self.source.map:
            for name in OF_THE_LOG:
                assert m.get(name) == self.source.map.get(name), (name, m, self.source.map)


class Model:
    def __init__(self):
        self.cache = {}  # key -> Kept
        self.flights = {}  # key -> Run
        self.runs, self.answers, self.conversations = [], [], []
        self.counts = {"hits": 0, "misses": 0, "joins": 0}

    def decide(self, a, policy):
        """How a question is answered: "hit", "join", "fresh" or "nothing"."""
        reads = policy in ("use", "only")
        if reads and a.key in self.cache:
            self.counts["hits"] += 1
            return "hit"
        if policy == "use" and a.key in self.flights:
            self.counts["joins"] += 1
            return "join"
        self.counts["misses"] += reads
        return "nothing" if policy == "only" else "fresh"

    def takes(self, a):
        self.answers.append(a)
        if a.conversation:
            a.conversation.answers.append(a)

    def hit(self, a):
        a.cached = True
        self.takes(a)
        a.ends("done", self.cache[a.key].events())
        self.moves_head(a)

    def join(self, a):
        a.shared = True
        self.takes(a)
        self.board(a, self.flights[a.key])

    def start(self, a, request, policy):
        run = Run(a.key, request, policy != "off")
        self.runs.append(run)
        if run.offered:
            if older := self.flights.get(a.key):
                older.outdated = True
            self.flights[a.key] = run
        self.takes(a)
        self.board(a, run)

    def board(self, a, run):
        a.run, a.events = run, run.events
        run.riders.append(a)
        run.persist |= a.store

    def moves_head(self, a):
        if a.conversation:
            a.conversation.head = a

    def leaves(self, a, state="cancelled"):
        """True where the run ends with it."""
        run = a.run
        if run.riders == [a]:
            self.ends(run, state)
            return True
        run.riders.remove(a)
        a.ends(state, [*run.events, {"type": "error"}], state)
        self.moves_head(a)
        return False

    def ends(self, run, how):
        """how: a finish reason, or a key of STATES."""
        if self.flights.get(run.key) is run:
            del self.flights[run.key]
        self.runs.remove(run)
        state = STATES.get(how, "done")
        run.events.append({"type": "done", "finish_reason": how} if state == "done" else {"type": "error"})
        for a in run.riders:
            a.ends(state, run.events, how if how in STATES else None)
            self.moves_head(a)
        if how == "stop" and run.offered and not run.outdated:
            self.cache[run.key] = Kept(run.riders[0], run.persist, self.cache.get(run.key))

    # -- the end of a daemon

    def running(self):
        """In the order in which they were asked."""
        return [a for a in self.answers if not a.ended]

    def interrupt(self):
        """Each on its own, and all are told."""
        for a in self.running():
            self.leaves(a, "interrupted")

    def forgets(self, a):
        """The next daemon does not know it."""
        a.lost = True
        if a.run:
            a.ends("interrupted", list(a.events), "interrupted")
        if a.conversation:
            a.conversation.answers.remove(a)

    def cut_off(self, a, n):
        """It was killed, and so many events are left."""
        a.ends("interrupted", a.events[:n], "interrupted")

    def restarts(self):
        self.flights, self.runs = {}, []
        self.counts = dict.fromkeys(self.counts, 0)
        for a in self.answers:
            a.lost |= not a.stored
