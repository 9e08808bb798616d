"""Whether an answer fits its schema, by askd and by python3-jsonschema: for random schemas and answers they must agree."""

import json
import random

import pytest

from helpers_cache import ask

jsonschema = pytest.importorskip("jsonschema", reason="no python3-jsonschema to compare with")
if not hasattr(jsonschema, "Draft202012Validator"):
    pytest.skip("this python3-jsonschema does not know draft 2020-12", allow_module_level=True)

CASES = 150
NAMES = ["a", "b", "c"]
SCALARS = [None, True, False, 0, 1, 2, 3, -1, 1.0, 1.5, 2.25, 1e20, "", "a", "b", "ab", "äöü", "👩‍👩‍👧"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def value(r, depth=0):
    kind = r.random()
    if depth == 3 or kind < 0.5:
        return r.choice(SCALARS)
    if kind < 0.75:
        return [value(r, depth + 1) for _ in range(r.randrange(4))]
    return {n: value(r, depth + 1) for n in NAMES if r.random() < 0.6}


def schemas(r, depth):
    return [schema(r, depth + 1) for _ in range(r.randrange(1, 4))]


KEYWORDS = {
    "type": lambda r, d: r.choice(TYPES) if r.random() < 0.7 else r.sample(TYPES, 2),
    "enum": lambda r, d: [value(r, 2) for _ in range(3)],
    "const": lambda r, d: value(r, 2),
    "minimum": lambda r, d: r.choice([0, 1, 1.5]),
    "maximum": lambda r, d: r.choice([1, 2, 2.25]),
    "exclusiveMinimum": lambda r, d: r.choice([0, 1, 1.5]),
    "exclusiveMaximum": lambda r, d: r.choice([1, 2, 3]),
    "multipleOf": lambda r, d: r.choice([1, 2, 3]),
    "minLength": lambda r, d: r.randrange(4),
    "maxLength": lambda r, d: r.randrange(4),
    "items": lambda r, d: schema(r, d + 1),
    "prefixItems": schemas,
    "contains": lambda r, d: schema(r, d + 1),
    "minContains": lambda r, d: r.randrange(3),
    "maxContains": lambda r, d: r.randrange(3),
    "minItems": lambda r, d: r.randrange(3),
    "maxItems": lambda r, d: r.randrange(4),
    "uniqueItems": lambda r, d: r.random() < 0.8,
    "properties": lambda r, d: {n: schema(r, d + 1) for n in NAMES if r.random() < 0.7},
    "required": lambda r, d: r.sample(NAMES, r.randrange(3)),
    "additionalProperties": lambda r, d: schema(r, d + 1),
    "propertyNames": lambda r, d: {"enum": r.sample(NAMES, 2)},
    "dependentRequired": lambda r, d: {r.choice(NAMES): r.sample(NAMES, 1)},
    "minProperties": lambda r, d: r.randrange(3),
    "maxProperties": lambda r, d: r.randrange(3),
    "anyOf": schemas,
    "oneOf": schemas,
    "allOf": schemas,
    "not": lambda r, d: schema(r, d + 1),
    "if": lambda r, d: schema(r, d + 1),
    "then": lambda r, d: schema(r, d + 1),
    "else": lambda r, d: schema(r, d + 1),
    "$ref": lambda r, d: r.choice(["#/$defs/x", "#/$defs/y~1z/items"]),
    "format": lambda r, d: "date",
}


def schema(r, depth=0):
    if depth == 3 or (depth > 0 and r.random() < 0.1):
        return r.choice([True, False, {}, {"type": r.choice(TYPES)}])
    return {k: KEYWORDS[k](r, depth) for k in r.sample(sorted(KEYWORDS), r.randrange(1, 4))}


def case(r):
    asked = schema(r)
    asked["$defs"] = {"x": {"type": r.choice(TYPES)}, "y/z": {"items": {"maxLength": 1}}}
    return asked, value(r)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_another(client, seed):
    r = random.Random(seed)
    fits = 0
    for _ in range(CASES):
        asked, answer = case(r)
        expected = jsonschema.Draft202012Validator(asked).is_valid(answer)
        found = ask(client, json.dumps(answer), schema=asked, cache="off")
        assert ("schema_error" not in found) == expected, (json.dumps(asked), json.dumps(answer), found.get("schema_error"))
        fits += expected
    assert CASES / 5 < fits < CASES * 4 / 5  # or it says little
