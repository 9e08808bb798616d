"""VS Code: lists, comparisons, answers shown again, the status bar, health, commit messages."""

import json
import re
import shutil
import signal
import subprocess

import pytest

from client import detached, say
from conftest import wait_until
from helpers_vscode import VsCode, VsCodeError
from helpers_vscode_chat import HAND, ask, hand_section, open_chat, steered_answer

EXTRA = """
[alias "quick"]
models = fake/words-3
"""
PRICES = """
[model "words-5"]
names = fake/words-5
price = input 1000, output 1000, currency USD
"""


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    home.write_config(provider.base_url, extra=hand_section(steered) + EXTRA)
    (home.config_dir / "models.ini").write_text(PRICES)
    return start_daemon()


@pytest.fixture
def code(daemon, home):
    with VsCode(home) as v:
        yield v


def offered(v):
    """The choices of the list that is open, as {label: description}."""
    first = wait_until(lambda: v.do("offered"), "a list")[0]
    return {c["label"]: c["description"] for c in first["choices"]}


def test_models(code, provider):
    code.begin("command", "askd.model")
    lines = offered(code)
    assert list(lines)[0] == "default" and lines["quick"] == "alias: fake/words-3"
    code.do("choose", "quick")
    wait_until(lambda: "askd: asking quick" in code.do("hints"), "it is told")
    code.command("askd.ask", {"words": "hello"})
    code.wait_text(code.answer_page(), "w2")
    code.begin("command", "askd.model")
    offered(code)
    code.do("choose", "default")
    wait_until(lambda: "askd: asking the daemon's default model" in code.do("hints"), "it is told")
    code.command("askd.ask", {"words": "again"})
    provider.wait_requests(2)
    assert provider.bodies()[1]["model"] == "echo"


def test_the_model_of_a_chat_is_its_own(code):
    new = open_chat(code)
    code.command("askd.model", "fake/words-4")
    page = ask(code, new, "x")
    code.wait_text(page, "w3")
    code.do("close", page)
    code.command("askd.ask", {"words": "hello"})
    code.wait_text(code.answer_page(), "hello")


def test_prompts(code, provider, home):
    code.begin("command", "askd.prompt")
    assert "explain" in offered(code)
    code.do("choose", "explain")
    wait_until(lambda: any("the prompt explain" in hint for hint in code.do("hints")), "it is told")
    code.command("askd.ask", {"words": "some words"})
    provider.wait_requests(1)
    text = str(provider.bodies()[0]["messages"])
    assert "some words" in text and len(text) > 300
    code.open(home.path / "days.txt", "monday\ntuesday\nwednesday\n")
    code.select(2, 2)
    code.command("askd.prompt", "summarize")
    provider.wait_requests(2)
    text = str(provider.bodies()[1]["messages"])
    assert "tuesday" in text and "wednesday" not in text


def test_conversations(code, client, home):
    say(client, "about tea", context={"cwd": str(home.path)})
    say(client, "about coffee", context={"cwd": "/elsewhere"})
    code.begin("command", "askd.conversations")
    assert list(offered(code)) == ["about tea"]
    code.do("choose", "about tea")
    wait_until(lambda: code.do("active"), "it is opened")
    assert code.text(code.do("active")).split("\n").count("about tea") == 2
    code.begin("command", "askd.conversations", {"everywhere": True})
    assert sorted(offered(code)) == ["about coffee", "about tea"]
    code.do("choose")
    code.begin("command", "askd.searchConversations", {"words": "coffee"})
    assert list(offered(code)) == ["about coffee"]
    code.do("choose", "about coffee")
    code.command("askd.searchConversations", {"words": "nowhere"})
    code.wait_told("there is no conversation of all folders")


def tree(v):
    return v.do("tree", "askd.conversationList")


def test_the_list_of_conversations_is_live(code, client, home):
    assert tree(code) == []
    before = code.do("treeChanges")
    say(client, "tea there", context={"cwd": "/elsewhere"})
    wait_until(lambda: code.do("treeChanges") > before, "the list is told")
    assert tree(code) == []
    say(client, "tea here", context={"cwd": str(home.path)})
    (item,) = tree(code)
    assert item["label"] == "tea here" and "2 messages" in item["tooltip"] and item["kind"] == "conversation"
    code.command("askd.conversationsOfAll")
    assert [i["label"] for i in tree(code)] == ["tea here", "tea there"]
    code.begin("command", "askd.renameConversation", item)
    wait_until(lambda: code.do("inputs"), "its title is asked")
    assert code.do("inputs")[0]["value"] == "tea here"
    code.do("answer", "green tea")
    wait_until(lambda: tree(code)[0]["label"] == "green tea", "it is renamed")
    code.command("askd.pinConversation", item)
    assert tree(code)[0]["kind"] == "pinned"
    code.command("askd.openConversation", item["id"])
    assert "tea here" in code.text(code.do("active"))
    code.command("askd.exportConversation", item)
    assert "## user" in code.text(code.do("active")) and code.do("active").startswith("untitled:")
    code.begin("command", "askd.deleteConversation", item)
    wait_until(lambda: code.do("offered"), "it can be had back")
    assert len(tree(code)) == 1
    code.do("choose", "Undo")
    wait_until(lambda: len(tree(code)) == 2, "it is there again")


# -- askd.compare


def pages(v, n):
    return wait_until(lambda: len(v.answer_pages()) == n and v.answer_pages(), f"{n} answers")


def test_models_side_by_side(code, client):
    models = ["fake/hang-after-2", "fake/words-3", "fake/status-400"]
    code.command("askd.compare", {"models": models, "words": "hello"})
    first, second, third = pages(code, 3)
    code.wait_text(second, "w2")
    code.wait_text(first, "w1")
    wait_until(lambda: "invalid_request" in str(code.words_beside(third)), "the third failed")
    assert code.do("active") == first
    code.command("askd.stop")
    wait_until(lambda: code.do("running") == 0, "the first is stopped")
    (found,) = client.call("conversation.list")
    got = client.call("conversation.get", {"conversation": found["conversation"]})["messages"]
    assert [m["role"] for m in got].count("assistant") == 3


def titles(v, uri):
    """What stands above an answer."""
    return [lens["title"] for lens in v.do("lenses", uri) if lens["command"] == ""]


def test_each_column_tells_whose_it_is_and_what_it_took(code):
    code.command("askd.compare", {"models": ["fake/hang-after-2", "fake/words-5"], "words": "hello"})
    first, second = pages(code, 2)
    code.wait_text(first, "w1")
    wait_until(lambda: titles(code, first) == ["fake/hang-after-2"], "the model of one that runs")
    took = wait_until(lambda: [t for t in titles(code, second) if " · " in t], "what it took")[0]
    assert re.fullmatch(r"fake/words-5 · \d+ tokens, USD \d\.\d{4}, \d+\.\d s", took), took
    assert code.text(second).split() == ["w0", "w1", "w2", "w3", "w4"], "it is no text of the answer"


def test_one_of_them_is_stopped_alone(code, provider, client):
    code.command("askd.compare", {"models": ["fake/hang-after-2", "fake/hang-after-3"], "words": "hello"})
    first, second = pages(code, 2)
    code.wait_text(first, "w1")
    code.wait_text(second, "w2")
    code.command("askd.stop")
    provider.wait_aborted()
    running = client.call("answer.list", {"state": "running"})
    assert [a["model"] for a in running] == ["hang-after-3"]


def test_a_comparison_asks_for_models_and_a_question(code):
    code.begin("command", "askd.compare")
    assert "fake/echo" in offered(code) or "quick" in offered(code)
    code.do("choose", "quick")
    code.wait_told("two models or more")
    assert code.answer_pages() == []


# -- askd.resume


def test_the_running_answer_of_this_folder_is_shown_again(code, steered, home, client):
    client.call("chat", {"prompt": "elsewhere", "conversation": "new", "context": {"cwd": "/elsewhere"}})
    code.command("askd.ask", {"words": "long", "model": HAND})
    answer = steered_answer(steered)
    answer.say("before ")
    code.wait_text(code.answer_page(), "before")
    code.kill()
    answer.say("meanwhile ")
    with VsCode(home) as after:
        after.command("askd.resume")
        page = after.answer_page()
        after.wait_text(page, "before meanwhile")
        answer.say("after")
        after.wait_text(page, "before meanwhile after")
        answer.end("stop")
        wait_until(lambda: not client.call("answer.list", {"state": "running"}), "it has ended")
    with VsCode(home) as later:
        later.begin("command", "askd.resume")
        assert [(label, text.split(" · ")[0]) for label, text in offered(later).items()] == [("long", "done")]
        later.do("choose", "long")
        later.wait_text(later.answer_page(), "before meanwhile after")


def test_where_this_folder_has_none_all_are_offered(code, client):
    code.command("askd.resumeAny")
    code.wait_told("no answer runs, or is still kept, anywhere")
    say(client, "elsewhere", context={"cwd": "/elsewhere"})
    code.command("askd.resume")
    code.wait_told("in this folder")
    code.begin("command", "askd.resumeAny")
    offered(code)
    code.do("choose", "elsewhere")
    code.wait_text(code.answer_page(), "elsewhere")


def test_an_answer_by_its_id(code, client):
    code.command("askd.resume", {"answer": detached(client, "words-3")})
    code.wait_text(code.answer_page(), "w2")
    code.command("askd.resume", {"answer": "01900000-0000-7000-8000-000000000000"})
    code.wait_told("not_found")


# -- the status bar


def status(v):
    return v.do("status")["text"]


def test_the_status_bar(code, client):
    wait_until(lambda: status(code) == "fake/echo", "the default model")
    code.command("askd.ask", {"words": "hello", "model": "fake/hang-after-1"})
    wait_until(lambda: "1 running" in status(code), "it runs")
    code.do("focus", code.answer_page())
    wait_until(lambda: status(code).startswith("hang-after-1 · … 1 running"), "it runs here")
    code.command("askd.stop")
    wait_until(lambda: "running" not in status(code), "it ended")
    client.call("chat", {"prompt": "hello"})
    wait_until(lambda: "tokens" in status(code), "the tokens of today")


def test_without_a_daemon_the_status_bar_says_so_and_starts_none(home):
    with VsCode(home) as v:
        wait_until(lambda: "no daemon" in status(v), "it is said")
        assert v.do("status")["isFault"] and v.do("phase") == "idle"


# -- askd.health


def health(v):
    v.command("askd.health")
    return v.text(v.do("active"))


def test_health(code):
    text = health(code)
    for line in ("- ok: it has all methods that are used here", "- ok: fake is ready", "- ok: asked by default: fake/echo",
                 "- ok: the chat view has @askd"):  # fmt: skip
        assert line in text, text
    assert "**error**" not in text and code.do("active") == "askd:/health/askd.md"


def test_health_without_a_daemon_names_a_mend(home):
    home.write_config("http://127.0.0.1:1")
    with VsCode(home, settings={"askctl": ""}) as v:
        text = health(v)
        assert "- **error**: unavailable: " in text and "  - mend: run `askctl doctor`" in text


# -- askd.commit


def git(folder, *args):
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(["git", "-C", folder, *args], check=True, capture_output=True, text=True, env=env).stdout


@pytest.fixture
def repository(tmp_path, code):
    if not shutil.which("git"):
        pytest.skip("there is no git")
    git(tmp_path, "init", "-q")
    (tmp_path / "main.c").write_text("int main;\n")
    code.do("repository", str(tmp_path))
    return tmp_path


def test_the_message_of_a_commit(code, repository, provider):
    code.command("askd.commit")
    code.wait_told("nothing is staged")
    git(repository, "add", "main.c")
    code.do("setMessage", str(repository), "what was there")
    code.do("set", "model", "fake/words-4")
    code.command("askd.commit")
    assert code.do("message", str(repository)) == "w0 w1 w2 w3\n\nwhat was there"
    text = str(provider.bodies()[0]["messages"])
    assert "+int main;" in text


def test_a_commit_message_can_be_cancelled(code, repository, provider):
    git(repository, "add", "main.c")
    code.do("set", "model", "fake/hang-after-2")
    writing = code.begin("command", "askd.commit")
    wait_until(lambda: code.do("message", str(repository)).strip() == "w0 w1", "it streams")
    code.command("askd.commit")
    code.wait_told("its message is being written")
    code.do("cancelProgress")
    provider.wait_aborted()
    code.result(writing)
    assert not [t for t in code.told() if "cancelled" in t] and code.do("progresses") == []


def test_without_git_it_is_said(code):
    code.command("askd.commit")
    code.wait_told("git extension is not there")


# -- the editor's own chat view


def test_a_thread_is_a_conversation(code, client, home):
    path = home.path / "main.c"
    path.write_text("int line_1;\n")
    location = {"uri": f"file://{path}", "path": str(path)}
    found = code.do("thread", {"words": "what is this?", "references": [{"label": "main.c", "location": location}]})
    assert code.do("said").strip().endswith("what is this?") and "fault" not in found
    place = found["place"]
    messages = client.call("conversation.get", {"conversation": place["conversation"]})["messages"]
    assert "int line_1;" in str(messages[0]["content"][0]) and messages[1]["id"] == place["message"]
    code.do("thread", {"words": "and now?", "before": place})
    messages = client.call("conversation.get", {"conversation": place["conversation"]})["messages"]
    assert len(messages) == 4 and messages[2]["parent"] == place["message"]
    buttons = [each for each in code.do("shown") if each.get("id") == "askd.openConversation"]
    assert buttons[0]["args"] == [place["conversation"]]
    code.do("thread", {"words": "another way", "before": place})
    messages = client.call("conversation.get", {"conversation": place["conversation"]})["messages"]
    assert [m.get("parent") for m in messages].count(place["message"]) == 2, "an earlier question asked anew is a branch"


def test_a_thread_uses_prompts_and_models_and_can_be_cancelled(code, provider, home):
    code.open(home.path / "main.c", "int line_1;\nint line_2;\n")
    code.select(2, 2)
    code.do("thread", {"words": "", "command": "explain", "model": {"vendor": "askd", "id": "fake/words-2"}})
    assert code.do("said").split() == ["w0", "w1"]
    text = str(provider.bodies()[0]["messages"])
    assert "line_2" in text and "line_1" not in text
    asking = code.begin("thread", {"words": "hang", "model": {"vendor": "askd", "id": "fake/hang-after-2"}})
    wait_until(lambda: "w1" in code.do("said"), "it streams")
    code.do("cancel")
    provider.wait_aborted()
    found = code.result(asking)
    assert "fault" not in found and found["place"]["conversation"], "it can be gone on with"


def test_a_thread_tells_what_went_wrong(code):
    found = code.do("thread", {"words": "x", "model": {"vendor": "askd", "id": "fake/status-400"}})
    assert found["fault"].startswith("askd: invalid_request")


# -- models for the editor


def question(model, *texts, **more):
    roles = ["user", "assistant"] * len(texts)
    messages = [{"role": r, "pieces": [{"type": "text", "text": t}]} for r, t in zip(roles, texts, strict=False)]
    return {"model": model, "messages": messages, "tools": [], "mustCallTool": False, "options": {}, **more}


def test_models_are_offered_and_answer(code, client, provider):
    models = {m["id"]: m for m in code.do("modelList")}
    assert models["quick"]["detail"] == "alias" or "quick" not in models
    pieces = code.do("modelAnswer", question("fake/words-3", "hello", options={"temperature": 0.5, "frobnicate": 1}))
    assert "".join(p["text"] for p in pieces).split() == ["w0", "w1", "w2"]
    body = provider.bodies()[0]
    assert body["temperature"] == 0.5 and "frobnicate" not in body and body["messages"][-1]["content"] == "hello"
    assert client.call("conversation.list") == [], "it is the caller's to keep"
    assert code.do("modelCount", "fake/echo", "some words to count") > 2
    assert code.do("modelCount", "fake/echo", "") == 0


def test_tools_are_offered_called_and_their_results_taken(code, provider):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    weather = {"name": "weather", "description": "Tells the weather", "schema": schema}
    time = {"name": "time", "description": "Tells the time"}
    asked = question("fake/tools", "how is it?", tools=[weather, time], mustCallTool=True)
    calls = code.do("modelAnswer", asked)
    city = {"city": "Zürich"}
    assert calls == [{"type": "tool_call", "id": f"call_{i}", "name": name, "input": city}
                     for i, name in enumerate(("weather", "time"))]  # fmt: skip
    body = provider.bodies()[0]
    assert body["tool_choice"] == "required"
    assert [t["function"]["name"] for t in body["tools"]] == ["weather", "time"]
    assert body["tools"][0]["function"]["parameters"]["properties"] == schema["properties"]
    # The results come back as the user's message, one of them with a picture.
    rain = [{"type": "text", "text": "rain"}, {"type": "data", "mime": "image/png", "base64": "iVBORw0KGgo="}]
    noon = [{"type": "data", "mime": "application/json", "base64": "Im5vb24i"}]
    results = [{"type": "tool_result", "id": f"call_{i}", "content": each} for i, each in enumerate((rain, noon))]
    history = [*asked["messages"], {"role": "assistant", "pieces": calls}, {"role": "user", "pieces": results}]
    pieces = code.do("modelAnswer", {**asked, "model": "fake/words-2", "messages": history, "mustCallTool": False})
    assert "".join(p["text"] for p in pieces).split() == ["w0", "w1"]
    body = provider.bodies()[1]
    assert body["tool_choice"] == "auto"
    user, assistant, first, second, shown = body["messages"]
    assert [json.loads(c["function"]["arguments"]) for c in assistant["tool_calls"]] == [city, city]
    assert (first["role"], first["tool_call_id"], first["content"]) == ("tool", "call_0", "rain")
    assert (second["role"], second["tool_call_id"], second["content"]) == ("tool", "call_1", '"noon"')
    assert shown["role"] == "user" and "data:image/png;base64,iVBORw0KGgo=" in str(shown)


def test_a_question_to_a_model_can_be_cancelled(code, provider):
    asking = code.begin("modelAnswer", question("fake/hang-after-2", "hello"))
    provider.wait_requests(1)
    code.do("cancel")
    provider.wait_aborted()
    with pytest.raises(Exception, match="cancelled"):
        code.result(asking)


def test_a_frozen_daemon_keeps_nobody_who_cancels(code, daemon):
    assert code.do("modelList")
    daemon.signal(signal.SIGSTOP)
    try:
        asking = code.begin("modelAnswer", question("fake/echo", "hello"))
        code.do("cancel")
        with pytest.raises(VsCodeError, match="cancelled"):
            code.result(asking)
        assert code.do("modelList", True) == [], "and a list of models has a bound"
    finally:
        daemon.signal(signal.SIGCONT)
    wait_until(lambda: code.do("held")["calls"] == 0, "the daemon has caught up")


def test_images_go_along(code, provider):
    asked = question("fake/echo", "what is this?")
    asked["messages"][0]["pieces"].insert(0, {"type": "data", "mime": "image/png", "base64": "iVBORw0KGgo="})
    code.do("modelAnswer", asked)
    assert "data:image/png;base64,iVBORw0KGgo=" in str(provider.bodies()[0]["messages"])
