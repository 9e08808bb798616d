"""Looking at the tree of a conversation."""

NOBODY = "00000000-0000-7000-8000-000000000000"  # well-formed, and no one's


def conversation_of(client, conversation, **params):
    return client.call("conversation.get", {"conversation": conversation, **params})


def messages_of(client, conversation, **params):
    """By id, in the order they came."""
    return {m["id"]: m for m in conversation_of(client, conversation, **params)["messages"]}


def listed(client, **params):
    return [c["conversation"] for c in client.call("conversation.list", params)]


def plain(content):
    return content if isinstance(content, str) else "".join(p.get("text", "") for p in content)


def sent(provider, at=-1):
    """[(role, text)] of what the provider was sent last."""
    return [(m["role"], plain(m["content"])) for m in provider.bodies()[at]["messages"]]


def changes_of(client, watch=None):
    """[(conversation, change)] that were told so far."""
    told = [m[2] for m in client.log if m[0] == 2 and m[1] == "conversation.changed"]
    return [(c, change) for w, c, change in told if watch is None or w == watch]
