"""Random work with conversations, held against a model of it in Python: what is told is what was done, also after a
restart, and two who write at once lose nothing.

ASKD_TREE_SEED=n repeats a run; the seed is printed.
"""

import os
import random
import signal

import pytest

from client import failure, say
from helpers_tree import conversation_of, plain

STEPS = 120
LIVE, TRASHED, PURGED = "live", "trashed", "purged"


class Conversation:
    """What is known of one. messages: id -> (parent, role, text), in the order they came."""

    def __init__(self, title):
        self.title = title
        self.messages, self.head = {}, None
        self.tags, self.pinned, self.state = set(), False, LIVE

    def path(self, message):
        """(role, text) from the root to the message."""
        found = []
        while message is not None:
            parent, role, text = self.messages[message]
            found.append((role, text))
            message = parent
        return found[::-1]

    def of_role(self, role):
        return [m for m, (_, r, _) in self.messages.items() if r == role]


class Model:
    def __init__(self, rng, clients):
        self.rng, self.clients, self.conversations, self.asked = rng, clients, {}, 0

    @property
    def client(self):
        return self.rng.choice(self.clients)

    def live(self):
        return [(i, c) for i, c in self.conversations.items() if c.state == LIVE]

    def learn(self, client, conversation, answer, parent, prompt, question=None):
        """A question (or an old one) and its answer, as the reply says and as the store has it."""
        c = self.conversations[conversation]
        stored = {m["id"]: m for m in conversation_of(client, conversation)["messages"]}
        question = question or stored[answer["message"]]["parent"]
        if question not in c.messages:
            c.messages[question] = (parent, "user", prompt)
        c.messages[answer["message"]] = (question, "assistant", answer["text"])

    # -- what may be done

    def prompt(self):
        self.asked += 1
        return f"question {self.asked}"

    def ask_new(self):
        prompt, client = self.prompt(), self.client
        a = say(client, prompt)
        self.conversations[a["conversation"]] = Conversation(prompt)
        self.learn(client, a["conversation"], a, None, prompt)
        self.conversations[a["conversation"]].head = a["message"]

    def ask(self, i, c):
        prompt, client = self.prompt(), self.client
        self.took(client, i, say(client, prompt, i), c.head, prompt)

    def ask_below(self, i, c):
        prompt, client, parent = self.prompt(), self.client, self.rng.choice(list(c.messages))
        self.took(client, i, say(client, prompt, i, parent=parent), parent, prompt)

    def edit(self, i, c):
        prompt, client, edited = self.prompt(), self.client, self.rng.choice(c.of_role("user"))
        parent = c.messages[edited][0]
        self.took(client, i, say(client, prompt, i, edit=edited), parent, prompt)

    def regenerate(self, i, c):
        client, message = self.client, self.rng.choice(list(c.messages))
        parent, role, _ = c.messages[message]
        question = message if role == "user" else parent
        params = {"model": f"fake/words-{self.rng.randint(1, 5)}", "conversation": i, "regenerate": message}
        self.took(client, i, client.call("chat", params), None, None, question)

    def took(self, client, i, answer, parent, prompt, question=None):
        self.learn(client, i, answer, parent, prompt, question)
        self.conversations[i].head = answer["message"]

    def two_at_once(self, i, c):
        first, second = self.clients
        prompts, parent = (self.prompt(), self.prompt()), c.head
        asked = [who.chat("words-3", p, conversation=i) for who, p in zip((first, second), prompts)]
        answers = [who.result(msgid) for who, msgid in zip((first, second), asked)]
        stored = {m["id"]: m for m in conversation_of(first, i)["messages"]}
        for a, prompt in zip(answers, prompts):
            # Whoever came second may have come after the first one's end.
            below = stored[stored[a["message"]]["parent"]].get("parent")
            assert below in (parent, *(other["message"] for other in answers if other is not a))
            self.learn(first, i, a, below, prompt)
        c.head = conversation_of(first, i)["head"]
        assert c.head in [a["message"] for a in answers]

    def move_head(self, i, c):
        c.head = self.rng.choice(list(c.messages))
        self.client.call("conversation.head", {"conversation": i, "message": c.head})

    def fork(self, i, c):
        message, client = self.rng.choice(list(c.messages)), self.client
        made = client.call("conversation.fork", {"conversation": i, "message": message})["conversation"]
        copy, parent = Conversation(c.title), None
        for m, (role, text) in zip(conversation_of(client, made)["messages"], c.path(message), strict=True):
            assert m["id"] not in c.messages
            copy.messages[m["id"]] = (parent, role, text)
            parent = m["id"]
        copy.head = parent
        self.conversations[made] = copy

    def rename(self, i, c):
        c.title = f"title {self.rng.random()}"
        self.client.call("conversation.rename", {"conversation": i, "title": c.title})

    def pin(self, i, c):
        c.pinned = not c.pinned
        self.client.call("conversation.pin", {"conversation": i, "pinned": c.pinned})

    def tag(self, i, c):
        words = [f"t{n}" for n in range(5)]
        add, remove = (self.rng.sample(words, self.rng.randint(0, 2)) for _ in range(2))
        c.tags = (c.tags - set(remove)) | set(add)
        reply = self.client.call("conversation.tag", {"conversation": i, "add": add, "remove": remove})
        assert reply == {"tags": sorted(c.tags)}

    def delete(self, i, c):
        purge = self.rng.random() < 0.2
        self.client.call("conversation.delete", {"conversation": i, "purge": purge})
        c.state = PURGED if purge else TRASHED

    def restore(self):
        for i, c in self.conversations.items():
            params = {"conversation": i}
            if c.state == TRASHED:
                self.client.call("conversation.restore", params)
                c.state = LIVE
                return
            assert failure(self.client, "conversation.restore", params)["code"] == "not_found"

    # -- the steps

    def step(self):
        on_one = [self.ask, self.ask, self.ask_below, self.edit, self.regenerate, self.two_at_once, self.move_head]
        on_one += [self.fork, self.rename, self.pin, self.tag, self.delete]
        what = self.rng.choice([self.ask_new, self.restore, *on_one])
        live = self.live()
        if what in (self.ask_new, self.restore):
            what()
        elif live:
            what(*self.rng.choice(live))

    def check(self):
        client = self.client
        for i, c in self.conversations.items():
            if c.state != LIVE:
                assert failure(client, "conversation.get", {"conversation": i})["code"] == "not_found"
                continue
            told = conversation_of(client, i)
            messages = {m["id"]: (m.get("parent"), m["role"], plain(m["content"])) for m in told["messages"]}
            assert messages == c.messages
            assert (told["head"], told["title"], told["pinned"]) == (c.head, c.title, c.pinned)
            assert told["tags"] == sorted(c.tags)
            path = conversation_of(client, i, branch=c.head)["messages"]
            assert [(m["role"], plain(m["content"])) for m in path] == c.path(c.head)
        for params, states, pins in (
            ({}, [LIVE], (True, False)),
            ({"pinned": True}, [LIVE], (True,)),
            ({"deleted": True}, [TRASHED], (True, False)),
        ):
            items = client.call("conversation.list", {"limit": 1000, **params})
            want = {i for i, c in self.conversations.items() if c.state in states and c.pinned in pins}
            assert {item["conversation"] for item in items} == want
            for item in items:
                assert item["messages"] == len(self.conversations[item["conversation"]].messages)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_tree_is_what_was_done(daemon, start_daemon, how):
    seed = int(os.environ.get("ASKD_TREE_SEED") or random.randrange(1 << 32))
    print(f"ASKD_TREE_SEED={seed}")
    model = Model(random.Random(seed), [daemon.connect(), daemon.connect()])
    for step in range(STEPS):
        model.step()
        if step % 20 == 19:
            model.check()
        if step == STEPS // 2:
            daemon.end(how)
            daemon = start_daemon()
            model.clients = [daemon.connect(), daemon.connect()]
            model.check()
    model.check()
