"""Configurations with several providers, each with its own behaviour, and models and aliases that name them."""

from client import check_events, failure
from conftest import KEY


def section(kind, name, keys):
    return f'\n[{kind} "{name}"]\n' + "".join(f"{k} = {v}\n" for k, v in keys.items())


class World:
    """providers: {name: behaviour or {option: value}}, aliases: {name: {option: value} or models}, in this order;
    models: {id: [line]} of models.ini; budgets: {name: {option: value}}. What is kept in it may be changed and written again."""

    def __init__(self, home, provider):
        self.home, self.provider = home, provider
        self.providers, self.aliases, self.models, self.budgets, self.rates = {}, {}, {}, {}, {}
        self.daemon = {"drain_timeout": "2", "default_model": None}

    def write(self, providers=None, aliases=None, models=None, budgets=None, **daemon):
        self.providers = providers or self.providers
        self.aliases = aliases or self.aliases
        self.models = models or self.models
        self.budgets = self.budgets if budgets is None else budgets
        self.daemon.update(daemon)
        text = "[daemon]\nlog_level = debug\n"
        text += "".join(f"{k} = {v}\n" for k, v in self.daemon.items() if v is not None)
        for name, keys in self.providers.items():
            if isinstance(keys, str):
                keys = {"base_url": self.provider.behave(keys), "key": KEY, "retries": 0}
            text += section("provider", name, keys)
        for name, keys in self.aliases.items():
            text += section("alias", name, {"models": keys} if isinstance(keys, str) else keys)
        for name, keys in self.budgets.items():
            text += section("budget", name, keys)
        if self.rates:
            text += "\n[rates]\n" + "".join(f"{k} = {v}\n" for k, v in self.rates.items())
        self.home.config.write_text(text)
        self.home.config.chmod(0o600)
        rows = (f'[model "{name}"]\n' + "".join(f"{line}\n" for line in lines) for name, lines in self.models.items())
        (self.home.config_dir / "models.ini").write_text("\n".join(rows))

    def asked(self, behaviour):
        """How often a provider was asked that behaves like that."""
        return self.of(behaviour).get("requests", 0)

    def of(self, behaviour):
        return self.provider.stats()["behaviours"].get(behaviour, {})


def who(answer):
    return f"{answer['provider']}/{answer['model']}"


def tried(answer):
    """["provider/model"], with ": code" where it came to nothing."""
    return [who(a) + (f": {a['error']['code']}" if "error" in a else "") for a in answer["attempts"]]


def ask(client, model=None, prompt="hello", **params):
    """The answer map; model None: the default."""
    return client.call("chat", {"prompt": prompt, **({"model": model} if model else {}), **params})


def ended(client, model, **params):
    """(error, answer map) of a chat that fails."""
    error = failure(client, "chat", {"model": model, "prompt": "hello", "stream": True, **params})
    return error, client.call("answer.get", {"answer": error["answer"]})


def streamed(client, model, **params):
    """(answer map, events) of a streamed chat."""
    answer = client.result(client.request("chat", {"model": model, "prompt": "hello", "stream": True, **params}))
    events = client.events(answer["answer"])
    check_events(events)
    return answer, events
