"""An answer by a schema: it is looked at when it is done, and one that does not fit says so and is not cached."""

import json

import pytest

from helpers_cache import ask, asked

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
FIT = '{"name": "Ada", "age": 36}'
MISFIT = '{"name": "Ada", "age": "old"}'
WHY = "$.age: is a string, not an integer"
TEXT_MAX = 256 << 10  # FIT_TEXT_MAX


def test_what_fits_says_nothing_and_is_cached(client, provider):
    first, second = ask(client, FIT, schema=PERSON), ask(client, FIT, schema=PERSON)
    assert first["text"] == FIT and "schema_error" not in first
    assert second["cached"] and "schema_error" not in second
    assert asked(provider) == 1


def test_what_does_not_fit_says_why_and_is_not_cached(client, provider):
    for _ in range(2):
        a = ask(client, MISFIT, schema=PERSON)
        assert (a["state"], a["text"], a["schema_error"], a["cached"]) == ("done", MISFIT, WHY, False)
    assert asked(provider) == 2


def test_without_a_schema_nothing_is_looked_at(client):
    assert "schema_error" not in ask(client, MISFIT)


@pytest.mark.parametrize(
    "text, why",
    [
        ("it is 36", "$: is no JSON"),
        ('{"name": "Ada"', "$: is no JSON: it ends too early"),
        (f"```json\n{FIT}\n```", "$: is no JSON: it stands in a code fence"),
        (f"{FIT}\nThat is all.", "$: is no JSON"),
        ("[" * 32 + "]" * 32, "$: is an array, not an object"),
        ("[" * 33 + "]" * 33, "$: cannot be checked: it is nested over 32 deep, or holds over 32768 values"),
    ],
)
def test_text_that_is_no_such_json(client, text, why):
    assert ask(client, text, schema=PERSON)["schema_error"] == why


@pytest.mark.parametrize("over", [0, 1])
def test_the_largest_text_that_is_looked_at(client, over):
    text = json.dumps("x" * (TEXT_MAX + over - 2))
    a = ask(client, text, schema={"type": "string"})
    assert a["text"] == text
    assert a.get("schema_error") == ("$: cannot be checked: the text is larger than 256 KiB" if over else None)


@pytest.mark.parametrize("over", [0, 1])
def test_the_most_values_that_are_looked_at(client, over):
    text = json.dumps([0] * (32767 + over))
    a = ask(client, text, schema={"type": "array"})
    assert ("schema_error" in a) == bool(over)


def test_a_call_of_a_tool_is_no_answer_yet(client):
    a = ask(client, model="tools", schema=PERSON, tools=[{"name": "weather", "parameters": {"type": "object"}}])
    assert a["tool_calls"] and "schema_error" not in a


def test_each_arm_of_compare_is_looked_at(client):
    found = client.call("compare", {"models": ["fake/echo", "fake/words-2"], "prompt": FIT, "schema": PERSON})
    assert [a.get("schema_error") for a in found["answers"]] == [None, "$: is no JSON"]


@pytest.mark.parametrize("stored", [False, True])
def test_it_is_said_as_often_as_the_answer_is_shown(client, restart, stored):
    a = ask(client, MISFIT, schema=PERSON, conversation="new")
    if stored:
        client = restart()
    assert client.call("answer.get", {"answer": a["answer"]})["schema_error"] == WHY
    assert client.call("answer.attach", {"answer": a["answer"]})["schema_error"] == WHY
