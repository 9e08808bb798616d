"""Whether replies, errors and events fit the rows of daemon/rpc, as `doc/rows schema` tells them (doc/rows.h has the form).

The rows are complete: a field that they do not name is a fault as well as one that is missing or of another type.
"""

import functools
import json
import os
import pathlib
import subprocess

PYTHON_TYPES = {
    "str": str,
    "bin": bytes,
    "int": int,
    "number": (int, float),
    "map": dict,
    "array": list,
    "nil": type(None),
    "bool": bool,
}


def rows_path():
    return pathlib.Path(os.environ.get("ASKD_BUILDDIR", ".")).resolve() / "doc" / "rows"


@functools.cache
def rows():
    return json.loads(subprocess.run([rows_path(), "schema"], capture_output=True, check=True).stdout)


def is_of(value, types):
    """A bool is an int to Python, but not to the protocol."""
    if isinstance(value, bool):
        return "bool" in types
    return any(isinstance(value, PYTHON_TYPES[t]) for t in types)


def fault(value, row, at):
    """What is wrong with the value, None if nothing."""
    if not is_of(value, row["types"]):
        return f"{at} must be {' or '.join(row['types'])}, not {value!r:.80}"
    if isinstance(value, dict) and "fields" in row:
        return fault_of_map(value, row["fields"], at)
    if isinstance(value, list) and "items" in row:
        item = {"types": row["items"], **({"fields": row["fields"]} if "fields" in row else {})}
        return next(filter(None, (fault(v, item, f"{at}[{i}]") for i, v in enumerate(value))), None)
    return None


def fault_of_map(value, fields, at):
    for name in value:
        if name not in fields:
            return f"{at}.{name} stands in no row"
    for name, row in fields.items():
        if name in value:
            found = fault(value[name], row, f"{at}.{name}")
            if found:
                return found
        elif row.get("required"):
            return f"{at}.{name} is missing"
    return None


def check_result(method, result):
    assert method in rows()["methods"], f"a result of {method}, which stands in no row"
    faults = [fault(result, row, method) for row in rows()["methods"][method]["result"]]
    assert None in faults, faults


def check_log_line(params):
    watch, line = params
    found = fault(line, {"types": ["map"], "fields": rows()["log line"]}, "log.line")
    assert isinstance(watch, int) and found is None, found


def check_error(error):
    """A map, or a string after `hello {errors: "text"}`."""
    if isinstance(error, str):
        assert ": " in error, error
    else:
        found = fault(error, {"types": ["map"], "fields": rows()["error"]}, "error")
        assert found is None, found


def check_event(params):
    """[answer, seq, event]"""
    assert len(params) == 3 and isinstance(params[0], str) and isinstance(params[1], int), params
    event = dict(params[2])
    kind = event.pop("type")
    assert kind in rows()["events"], f"an event {kind}, which stands in no row"
    found = fault_of_map(event, rows()["events"][kind], kind)
    assert found is None, found


def check_change(params):
    """[watch, conversation, change]"""
    assert len(params) == 3 and isinstance(params[0], int) and isinstance(params[1], (str, type(None))), params
    change = dict(params[2])
    kind = change.pop("type")
    assert kind in rows()["changes"], f"a change {kind}, which stands in no row"
    found = fault_of_map(change, rows()["changes"][kind], kind)
    assert found is None, found
