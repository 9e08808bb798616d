"""For tests of what is kept and of what is shared: who was asked how often, and what two answers have in common."""

from client import check_events, is_event

# What an answer map tells of its asker and of how it came to it; the rest is the answer itself.
OF_THE_ASKER = ("answer", "cached", "age", "shared", "timing", "attempts", "conversation", "message")


def asked(provider):
    """How many requests have reached the provider."""
    return provider.stats()["requests"]


def ask(client, prompt="hello", model="echo", **params):
    """The answer map."""
    return client.result(client.chat(model, prompt, **params))


def streamed(client, prompt="hello", model="echo", **params):
    """(answer map, [(seq, event)])"""
    a = ask(client, prompt, model, stream=True, **params)
    events = client.events(a["answer"])
    check_events(events)
    return a, events


def shared_part(answer):
    """The answer map without what is its asker's own."""
    return {k: v for k, v in answer.items() if k not in OF_THE_ASKER}



def figures(client):
    """(hits, misses, joins)"""
    stats = client.call("cache.stats")
    return stats["hits"], stats["misses"], stats["joins"]


def arm_of(client, model):
    """The id of compare's arm that a model answers, once its start event has come."""
    return client.wait_for(lambda m: is_event(m) and m[2][2].get("model") == model)[2][0]
