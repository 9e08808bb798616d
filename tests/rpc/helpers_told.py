"""What clients were told by a daemon, and whether the one that comes after it says the same.

A Told is filled by the clients of helpers_crowd.py. Its `check` asks a daemon about all that was touched since the last
one, and about some of the rest. What it finds is settled from then on: later it must be the same to the byte.

Told, and so owed: what was answered after its commit (all of conversation.*, a chat in a conversation or detached) at
once; the rest, and the events of what runs, once the writing interval has passed (`horizon`: the time before which
things were read that must have been written).
"""

import collections
import string

from fault_provider import words_text

INTERVAL = 1.0  # seconds after which events are written at the latest
REPEATABLE = 1000  # questions that may be asked again
ANY = object()  # what cannot be told from outside
SECRET = "never-to-be-stored"
ERROR_OF = {"failed": None, "cancelled": "cancelled", "interrupted": "interrupted"}


class Question:
    """One chat and the answer to it."""

    def __init__(self, prompt, model, reply, new=False, stream=False, detach=False, store=True):
        self.prompt, self.model, self.reply = prompt, model, reply
        self.new, self.stream, self.detach, self.store = new, stream, detach, store
        self.after = None if new else ANY  # the message that it follows; None: it is the first
        self.has_parent = False  # and it says so
        self.answer = self.conversation = self.message = None  # ids, once known
        self.seen = {}  # seq -> (bytes, when)
        self.outcome = None  # (error, answer map)
        self.told_at = self.cancelled_at = None
        self.cancel = None  # "asked", "told"
        self.free = None  # it came from the cache, or was joined: once told
        self.detached = False
        self.settled = None  # (answer map, events)

    @property
    def kept(self):
        return self.detach or self.new or self.conversation is not None

    @property
    def is_stored(self):
        """One that cost nothing only where it is kept; None: nobody has said what it cost."""
        return self.store and (self.kept or (None if self.free is None else not self.free))

    def is_free(self, told):
        """An event or a map of it says so; they agree."""
        free = told["cached"] or told["shared"]
        assert self.free in (None, free), (self, told)
        self.free = free

    def owed(self, at, horizon):
        """What was read at that time must be there."""
        return at is not None and (self.kept or at < horizon)

    def ends(self, horizon):
        """How it ended must be there."""
        return self.outcome is not None and self.owed(self.told_at, horizon)

    def events_owed(self, horizon):
        if self.ends(horizon):
            return len(self.seen)
        return sum(at < horizon for _, at in self.seen.values())

    def __repr__(self):
        return f"<{self.model} {self.answer} conversation={self.conversation} {self.outcome} cancel={self.cancel}>"


class Conversation:
    def __init__(self, id, titles=ANY, made=None, fork_of=None, head=ANY, told=True):
        self.id, self.titles, self.made, self.fork_of, self.head = id, titles, made, fork_of, head
        self.told = told  # a client knows it
        self.deleted = None  # "asked", "told"
        self.renaming = False
        self.messages = {}  # settled
        self.answered = []  # messages that clients were told of since
        self.open = []  # questions in it of which no end is known
        self.overlap = False  # two of them at once
        self.dirty = True

    def known(self):
        return [*self.messages, *self.answered]

    def asks(self, q, parent):
        """Where it goes is known if it says so, or if no other question is under way that may come before it."""
        self.overlap = bool(self.open)
        q.after = parent or (ANY if self.open else self.head)
        for other in self.open:
            other.after = other.after if other.has_parent else ANY
        q.has_parent = parent is not None
        self.open.append(q)
        self.dirty = True

    def answers(self, q):
        self.open.remove(q)
        self.head = ANY if self.overlap or self.open or q.message is None else q.message
        if q.message:
            self.answered.append(q.message)

    def renames(self, title):
        if self.titles is not ANY:
            self.titles = [*self.titles, title]
        self.renaming = self.dirty = True

    def renamed(self, title):
        self.titles = [title]
        self.renaming = False

    def settle(self, found):
        self.messages = {m["id"]: m for m in found["messages"]}
        title = found.get("title")  # one without takes that of its first question
        self.titles, self.head = [title] if title else ANY, found.get("head")
        self.made = self.fork_of = self.deleted = None
        self.told = True
        self.answered, self.open, self.overlap = [], [], False
        self.renaming = self.dirty = False


def reply_of(model):
    """Of those that do not repeat their question, but end well."""
    kind, n = model.split("-")[:2]
    assert kind in ("slow", "words"), f"{model} does not"
    return words_text(int(n))


def path_of(messages, id):
    """[(role, content)] from the root to it."""
    path = []
    while id is not None:
        path.append((messages[id]["role"], messages[id]["content"]))
        id = messages[id].get("parent")
    return path[::-1]


class Told:
    def __init__(self):
        self.numbered = 0
        self.by_prompt, self.by_answer = collections.defaultdict(list), {}
        self.repeatable = collections.deque(maxlen=REPEATABLE)
        self.conversations, self.gone = {}, set()
        self.made_texts = set()
        self.old = []  # settled questions
        self.begin_round()

    def begin_round(self):
        self.recent = []
        self.made, self.forking = [], []  # chains and contents of what was asked for

    # -- what is asked

    def number(self):
        self.numbered += 1
        return self.numbered

    def new_text(self, rng, kind):
        filler = "".join(rng.choices(string.ascii_letters + " \näß你👩", k=int(rng.paretovariate(0.7)) % 3000))
        return f"{kind} {self.number()}: {filler}."

    def new_secret(self):
        return f"{SECRET}-{self.number()}"

    def new_title(self):
        return f"title {self.number()}"

    def new_chain(self, rng):
        roles = ("user", "assistant") * 4
        chain = [(role, self.new_text(rng, "made")) for role in roles[: rng.randrange(9)]]
        self.made.append(chain)
        self.made_texts.update(text for _, text in chain)
        return chain

    def asks(self, q):
        self.recent.append(q)
        self.by_prompt[q.prompt].append(q)
        if q.store and (q.new or not q.conversation):
            self.repeatable.append(q)

    def pick_conversation(self, rng, with_message=False, to_rename=False):
        live = [
            c
            for c in self.conversations.values()
            if not c.deleted and not (to_rename and c.renaming) and (c.known() or not with_message)
        ]
        return rng.choice(live) if live else None

    def pick_asked(self, rng):
        """A question that can be asked again: one of the last, or of any before."""
        if not self.repeatable:
            return None
        newest = max(len(self.repeatable) - 30, 0)
        return self.repeatable[rng.randrange(newest if rng.random() < 0.6 else 0, len(self.repeatable))]

    def pick_running(self, rng):
        running = [q for q in self.recent if q.answer and not q.outcome and not q.cancel]
        return rng.choice(running) if running else None

    # -- what is told

    def starts(self, q, answer, event):
        q.answer, self.by_answer[answer] = answer, q
        q.is_free(event)
        if q.conversation and "conversation" not in event:
            assert self.in_deleted(q), (q, event)
            return
        assert (q.new or q.conversation == event.get("conversation")) and q.kept == ("message" in event), (q, event)
        q.conversation, q.message = event.get("conversation"), event.get("message")

    def sees(self, answer, seq, raw, now):
        seen = self.by_answer[answer].seen
        assert seq == len(seen), f"event {seq} of {answer} after {len(seen)} events"
        seen[seq] = (raw, now)

    def detaches(self, q, answer):
        q.answer, q.detached = answer, True

    def answers(self, q, error, result, now):
        c = self.conversations.get(q.conversation)
        expected = ["invalid_request" if q.model == "status-400" else None]
        expected += ["cancelled"] * (q.cancel is not None) + ["not_found"] * (c is not None and bool(c.deleted))
        assert (error and error["code"]) in expected, (q, error)
        q.outcome, q.told_at = (error, result), now
        q.answer = (error or result).get("answer")
        if result:
            q.is_free(result)
            assert (result["state"], result["text"]) == ("done", q.reply), (q, result)
            # What is deleted while it is asked in it gets no message, yet the answer is given.
            assert ("conversation" in result) == q.kept or self.in_deleted(q), (q, result)
            if "conversation" in result:
                q.conversation, q.message = result["conversation"], result["message"]
        if c:
            c.answers(q)
        elif q.new and q.conversation:
            c = self.conversations[q.conversation] = Conversation(q.conversation, head=q.message)
            c.answered.append(q.message)

    def creates(self, id, chain, title):
        head = ANY if chain else None
        self.conversations[id] = Conversation(id, [title] if title else ANY, made=chain, head=head)

    def forks(self, c, message):
        """The text of a message that is going to end a fork; ANY where it was not told."""
        c.dirty = True  # it is going to be compared with
        text = c.messages[message]["content"] if message in c.messages else ANY
        for q in self.recent:
            if q.message == message and q.outcome and q.outcome[1]:
                text = q.outcome[1]["text"]
        self.forking.append(text)
        return text

    def forked(self, id, c, message, text):
        self.conversations[id] = Conversation(id, fork_of=(c.id, message, text))

    # -- what is there

    def check(self, caller, horizon, rng, sample):
        """sample: how many of those that were settled before to look at again, of each kind."""
        again = rng.sample(self.old, min(sample, len(self.old)))
        self.check_answers(caller, [q for q in self.recent if q.answer] + again, horizon, rng)
        self.check_conversations(caller, rng, sample)
        self.check_cached(caller, sample)
        self.begin_round()

    def in_deleted(self, q):
        c = self.conversations.get(q.conversation)
        return q.conversation in self.gone or (c is not None and bool(c.deleted))

    def check_answers(self, caller, questions, horizon, rng):
        found = caller.ask_all("answer.get", [{"answer": q.answer} for q in questions])
        there = []
        for q, (error, answer) in zip(questions, found):
            if error is None:
                assert q.is_stored is not False, f"{q} has been stored"
                there.append((q, answer))
                continue
            assert error["code"] == "not_found", (q, error)
            must = q.settled or q.detached or q.ends(horizon) or q.events_owed(horizon) > 0
            assert not (must and q.is_stored) or self.in_deleted(q), f"{q} is lost"
        events, outcomes = self.attach(caller, [(q, 0) for q, _ in there])
        for (q, answer), outcome in zip(there, outcomes):
            self.check_answer(q, answer, events[q.answer], outcome, horizon)
        self.check_from(caller, [q for q, _ in there], rng)
        known = set(map(id, self.old))
        self.old += [q for q, _ in there if id(q) not in known]

    def attach(self, caller, wanted):
        """({answer: [(seq, event, bytes)]}, outcomes)"""
        events = collections.defaultdict(list)

        def on_event(answer, seq, event, raw):
            events[answer].append((seq, event, raw))

        outcomes = caller.ask_all("answer.attach", [{"answer": q.answer, "from": n} for q, n in wanted], on_event)
        return events, outcomes

    def check_from(self, caller, questions, rng):
        """Attaching from the middle or beyond the end means the same."""
        wanted = [(q, rng.randrange(len(q.settled[1]) + 3)) for q in questions if rng.random() < 0.25]
        events, outcomes = self.attach(caller, wanted)
        for (q, n), (error, answer) in zip(wanted, outcomes):
            assert [raw for _, _, raw in events[q.answer]] == q.settled[1][n:], (q, n)
            assert (error is None) == (q.settled[0]["state"] == "done") and answer in (None, q.settled[0]), (q, error)

    def check_answer(self, q, answer, events, outcome, horizon):
        state, raws = answer["state"], [raw for _, _, raw in events]
        where = f"{q}: {answer} with {len(events)} events of {len(q.seen)}"
        assert [seq for seq, _, _ in events] == list(range(len(events))), where
        kinds = [event["type"] for _, event, _ in events]
        assert kinds[0] == "start" and "start" not in kinds[1:], where
        # What was cut off by a kill ends where it was cut off: nothing is made up.
        closing = [] if state == "interrupted" else ["done" if state == "done" else "error"]
        assert [k for k in kinds if k in ("done", "error")] == closing == kinds[len(kinds) - len(closing) :], where
        text = "".join(event["text"] for _, event, _ in events if event["type"] == "text")
        assert answer["text"] == text, where
        assert text == q.reply if state == "done" else q.reply.startswith(text), where
        error, result = outcome
        assert result == answer if state == "done" else error["code"] == answer["error"]["code"], where
        assert ERROR_OF.get(state) in (None, answer.get("error", {}).get("code")), where
        if q.settled:
            assert q.settled == (answer, raws), where
            return
        self.check_state(q, answer, horizon, where)
        written = len(raws)
        assert q.events_owed(horizon) <= written, where
        for seq in range(len(q.seen)):
            assert seq >= written or raws[seq] == q.seen[seq][0], f"event {seq} of {where}"
        assert state == "interrupted" or len(q.seen) <= written, where
        q.settled = (answer, raws)
        q.conversation, q.message = answer.get("conversation"), answer.get("message")

    def check_state(self, q, answer, horizon, where):
        state = answer["state"]
        if q.ends(horizon):
            error, result = q.outcome
            assert result is None or answer == result, f"{where}, {result}"
            assert error is None or answer["error"]["code"] == error["code"], where
            return
        possible = {"interrupted", "failed" if q.model == "status-400" else "done"}
        if q.cancel:
            possible.add("cancelled")
        if q.cancel == "told" and q.owed(q.cancelled_at, horizon):
            possible.remove("interrupted")
        assert state in possible, where

    # -- conversations

    def check_conversations(self, caller, rng, sample):
        listed = self.list_all(caller)
        for c in list(self.conversations.values()):
            if c.deleted == "told" or (c.deleted and c.id not in listed):
                self.gone.add(self.conversations.pop(c.id).id)
            else:
                assert c.id in listed, f"{c.id} is lost"
        found_again = self.gone & set(listed)
        assert not found_again, f"deleted, and there: {found_again}"
        for id in sorted(set(listed) - set(self.conversations)):
            self.conversations[id] = Conversation(id, told=False)
        dirty = [c for c in self.conversations.values() if c.dirty]
        clean = [c for c in self.conversations.values() if not c.dirty]
        found = self.get(caller, dirty + rng.sample(clean, min(sample, len(clean))))
        self.check_gone(caller, rng, sample)
        for c, f in found:
            self.check_tree(c, {m["id"]: m for m in f["messages"]})
            assert c.titles is ANY or f.get("title") in c.titles, (c.titles, f.get("title"))
            assert f.get("title") == listed[c.id].get("title"), (listed[c.id], f)
            assert f.get("head") in [None, *(m["id"] for m in f["messages"])], f
            assert listed[c.id]["messages"] == len(f["messages"]), (listed[c.id], f)
            assert c.head is ANY or c.open or c.head == f.get("head"), f"{c.head} is not the head of {f}"
        by_id = {c.id: {m["id"]: m for m in f["messages"]} for c, f in found}
        for q in self.recent:
            if q.message and q.conversation in by_id:
                self.check_question(q, by_id[q.conversation])
        for c, f in found:
            if c.fork_of:
                self.check_fork(c, by_id)
            if not c.told:
                self.check_unacknowledged(c.id, by_id[c.id])
        for c, f in found:
            c.settle(f)

    def list_all(self, caller):
        listed, before = {}, {}
        while page := caller.ask("conversation.list", {"limit": 1000, **before}):
            assert not {i["conversation"] for i in page} & set(listed), "a page holds what the one before held"
            listed.update((i["conversation"], i) for i in page)
            before = {"before": page[-1]["conversation"]}
        return listed

    def get(self, caller, conversations):
        outcomes = caller.ask_all("conversation.get", [{"conversation": c.id} for c in conversations])
        assert not [e for e, _ in outcomes if e], [e for e, _ in outcomes if e]
        return [(c, f) for c, (_, f) in zip(conversations, outcomes)]

    def check_gone(self, caller, rng, sample):
        ids = rng.sample(sorted(self.gone), min(sample, len(self.gone)))
        for error, _ in caller.ask_all("conversation.get", [{"conversation": i} for i in ids]):
            assert error and error["code"] == "not_found", error

    def check_tree(self, c, messages):
        """What was there still is, and nothing that nobody has said."""
        for id, m in c.messages.items():
            assert messages.get(id) == m, f"{m} became {messages.get(id)}"
        for m in messages.values():
            assert m.get("parent") in (None, *messages), m
            if m["content"] in self.made_texts:
                continue
            if m["role"] == "user":
                assert m["content"] in self.by_prompt, f"nobody has asked {m}"
                continue
            q = self.by_prompt[messages[m["parent"]]["content"]][0]
            whole = m["state"] == "done"
            assert m["content"] == q.reply if whole else q.reply.startswith(m["content"]), f"{m} answers {q}"
            assert m["state"] in ("done", "failed", "cancelled", "interrupted"), m
        if c.made:
            paths = [path_of(messages, id) for id in messages]
            assert c.made in paths, f"{c.made} is not in {paths}"

    def check_question(self, q, messages):
        m = messages.get(q.message)
        if m is None:
            assert not q.settled, f"{q} has no message"
            return
        question = messages[m["parent"]]
        assert (m["role"], question["role"], question["content"]) == ("assistant", "user", q.prompt), (m, question)
        assert q.after in (ANY, question.get("parent")), (
            f"{question} does not follow {q.after}: {list(messages.values())}, "
            f"asked: {[o for o in self.recent if o.conversation == q.conversation]}"
        )
        if q.settled:
            answer = q.settled[0]
            assert (m["state"], m["content"]) == (answer["state"], answer["text"]), (m, answer)

    def check_fork(self, c, by_id):
        origin, message, text = c.fork_of
        there = by_id[c.id]
        paths = [path_of(there, id) for id in there]
        if origin in by_id:
            assert path_of(by_id[origin], message) in paths, f"{paths} of a fork of {message} of {by_id[origin]}"
        assert text is ANY or text in [path[-1][1] for path in paths], f"{text} is not in {paths}"

    def check_unacknowledged(self, id, messages):
        """A conversation that nobody was told of: it may be there, but whole."""
        path = path_of(messages, max(messages, key=lambda m: len(path_of(messages, m)))) if messages else []
        assert len(path) == len(messages), f"{id} has branches: {messages}"
        if path in self.made or any(path and text in (ANY, path[-1][1]) for text in self.forking):
            return
        asked = self.by_prompt.get(path[0][1], []) if path else []
        assert len(path) == 2 and any(q.new and q.conversation in (None, id) for q in asked), f"{path} is not whole"

    # -- the cache

    def check_cached(self, caller, sample):
        """What a killed daemon has left in it: whole answers, as the provider gives them. -> how many"""
        found, after = 0, {}
        while found < sample and after is not None:
            page = caller.ask("cache.list", {"limit": min(sample, 1000), **after})
            for item in page["items"]:
                self.check_item(item)
            found += len(page["items"])
            after = {"after": page["after"]} if "after" in page else None
        return found

    def check_item(self, item):
        if item["kind"] == "vector":
            return
        said = item["answer"]
        assert (said["state"], said["finish_reason"], said["cached"]) == ("done", "stop", True), item
        assert SECRET not in said["text"], item
        if item["model"] == "echo":
            assert said["text"] in self.by_prompt, item
        else:
            assert said["text"] == reply_of(item["model"]), item
