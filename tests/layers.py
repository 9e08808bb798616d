#!/usr/bin/env python3
"""Holds the include arrows of lib/, daemon/ and client/ against the layers in doc/architecture.md.

    layers.py [ROOT]        checks the tree at ROOT (default: the one this file is in)
    layers.py --self-test   checks that each kind of fault is found

The list is the fenced block that begins with ```layers. Its lines, where a room is a folder or a file without its extension:

    NUMBER ROOM...      rooms of this layer; a room includes itself and rooms of lower layers, never a sibling
    ! ROOM: ROOM...     this room includes only these and itself
    ? ROOM: ROOM...     a room outside the layers, which includes only these and itself and is included by none but its like

The self-test is the first check of every run. With ASKD_TAP=1 it prints TAP.
"""

import os
import pathlib
import re
import sys
import tempfile

FOLDERS = ("lib", "daemon", "client")
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


class Layers:
    def __init__(self, text):
        block = re.search(r"^```layers\n(.*?)^```", text, re.M | re.S)
        if not block:
            raise SystemExit("layers: doc/architecture.md has no ```layers block")
        self.number, self.only, self.outside = {}, {}, set()
        for line in filter(None, map(str.strip, block.group(1).splitlines())):
            kind, rest = line.split(None, 1)
            if kind in "!?":
                room, _, allowed = rest.partition(":")
                self.only[room.strip()] = set(allowed.split())
                if kind == "?":
                    self.outside.add(room.strip())
            elif kind.isdigit():
                self.number.update(dict.fromkeys(rest.split(), int(kind)))
            else:
                raise SystemExit(f"layers: cannot read the line '{line}'")
        for room in self.only:
            if room not in self.outside and room not in self.number:
                raise SystemExit(f"layers: '! {room}' stands in no layer")

    def room(self, path):
        """The longest room that path is in; None if it is in none."""
        stem = path.rsplit(".", 1)[0]
        rooms = [r for r in {**self.number, **self.only} if stem == r or path.startswith(r + "/")]
        return max(rooms, key=len, default=None)

    def fault(self, source, target):
        """What is wrong with an include of room target in room source, None if nothing."""
        if source == target:
            return None
        if source in self.only and target not in self.only[source] and not self.inside(target, self.only[source]):
            return f"{source} may include only {' '.join(sorted(self.only[source]))} and itself, not {target}"
        if source in self.outside:
            return None
        if target in self.outside:
            return f"{source} includes {target}, which stands outside the layers"
        if self.number[target] > self.number[source]:
            return f"upwards: {source} ({self.number[source]}) includes {target} ({self.number[target]})"
        if self.number[target] == self.number[source]:
            return f"{source} includes its sibling {target}"
        return None

    @staticmethod
    def inside(room, allowed):
        return any(room.startswith(a + "/") for a in allowed)


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]")):
            yield path.relative_to(root).as_posix()


def includes(path):
    """(line number, quote, name) of each include."""
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        m = INCLUDE.match(line)
        if m:
            yield n, m.group(1), m.group(2)


def check_file(root, layers, path, names):
    """The faults of one file, and the project headers that it includes: ([fault], {header: line})."""
    faults, found = [], {}
    source = layers.room(path)
    if source is None:
        faults.append(f"{path}:1: stands in no listed room")
    for n, quote, name in includes(root / path):
        if name not in names:
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if beside in names or quote == '"':
                faults.append(f'{path}:{n}: "{name}" is not written from the top')
            continue
        found[name] = n
        target = layers.room(name)
        fault = layers.fault(source, target) if source and target else None
        if fault:
            faults.append(f"{path}:{n}: {fault}")
    return faults, found


def cycles(graph):
    """One fault for each cycle among headers."""
    faults, done = [], set()

    def visit(path, trail):
        for name, line in sorted(graph.get(path, {}).items()):
            if name in trail:
                faults.append(f"{path}:{line}: a cycle: {' -> '.join(trail[trail.index(name):] + [name])}")
            elif name not in done:
                visit(name, trail + [name])
        done.add(path)

    for header in sorted(graph):
        if header not in done:
            visit(header, [header])
    return faults


def check(root):
    """{file: [fault]} for every file."""
    layers = Layers((root / "doc/architecture.md").read_text(encoding="utf-8"))
    names = list(sources(root))
    known = set(names)
    result, graph = {}, {}
    for path in names:
        result[path], found = check_file(root, layers, path, known)
        if path.endswith(".h"):
            graph[path] = found
    for fault in cycles(graph):
        result[fault.split(":", 1)[0]].append(fault)
    return result


def report(result):
    tap = os.environ.get("ASKD_TAP") == "1"
    if tap:
        print(f"1..{len(result)}")
    for n, (path, faults) in enumerate(result.items(), 1):
        if tap:
            print(f"{'not ok' if faults else 'ok'} {n} - {path}")
        for fault in faults:
            print(f"# {fault}" if tap else fault)
    bad = sum(map(len, result.values()))
    if not tap:
        print(f"layers: {len(result)} checks, {bad} faults")
    return 1 if bad or not result else 0


# -- the self-test

LIST = """```layers
0 lib/base
1 lib/chat
2 daemon/a daemon/b
3 daemon/main
! daemon/b: lib/base
? client: lib/base
```
"""
TREE = {
    "lib/base/x.h": "#include <stdio.h>\n",
    "lib/base/x.c": '#include "lib/base/x.h"\n',
    "lib/base/up.c": '\n#include "lib/chat/y.h"\n',
    "lib/base/out.c": '#include "client/c.h"\n',
    "lib/base/short.c": '#include "x.h"\n',
    "lib/base/angle.c": "#include <x.h>\n",
    "lib/chat/y.h": '#include "lib/base/x.h"\n',
    "daemon/a/a.h": '#include "lib/chat/y.h"\n',
    "daemon/a/side.c": '#  include "daemon/b/b.h"\n',
    "daemon/a/one.h": '#include "daemon/a/two.h"\n',
    "daemon/a/two.h": '#include "daemon/a/one.h"\n',
    "daemon/b/b.h": '#include "lib/base/x.h"\n',
    "daemon/b/only.c": '#include "lib/chat/y.h"\n',
    "daemon/main.c": '#include "daemon/a/a.h"\n#include "daemon/b/b.h"\n',
    "daemon/stray.c": "\n",
    "client/c.h": '#include "lib/base/x.h"\n',
    "client/c.c": '#include "client/c.h"\n#include "lib/chat/y.h"\n',
}
FAULTS = {
    "lib/base/up.c:2": "upwards",
    "lib/base/out.c:1": "outside the layers",
    "lib/base/short.c:1": "from the top",
    "lib/base/angle.c:1": "from the top",
    "daemon/a/side.c:1": "sibling",
    "daemon/a/two.h:1": "a cycle",
    "daemon/b/only.c:1": "may include only",
    "daemon/stray.c:1": "no listed room",
    "client/c.c:2": "may include only",
}


def self_test():
    """What the check of TREE gets wrong."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**TREE, "doc/architecture.md": LIST}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        got = [fault for faults in check(root).values() for fault in faults]
    wrong = [f"not found: {at} {what}" for at, what in FAULTS.items() if not any(f.startswith(at + ":") and what in f for f in got)]
    wrong += [f"not wanted: {f}" for f in got if not any(f.startswith(at + ":") for at in FAULTS)]
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        return report({"self-test": self_test()})
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    return report({"self-test": self_test(), **check(root.resolve())})


if __name__ == "__main__":
    sys.exit(main())
