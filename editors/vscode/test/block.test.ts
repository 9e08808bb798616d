// Blocks of code in Markdown, the files that they name, and diffs.
import * as assert from "node:assert/strict";
import { test } from "node:test";

import { Block, blockAt, isBelowHere, nameOf, newText, ofOneFile, splitName } from "../src/block";
import { applyPatch } from "../src/patch";

test("the name of a block", () => {
  for (const [info, first, before, name] of [
    ["lua src/x.lua", "", "", "src/x.lua"],
    ["lua:src/x.lua", "", "", "src/x.lua"],
    ['python title="a_b.py"', "", "", "a_b.py"],
    ["c", "// src/main.c", "", "src/main.c"],
    ["c", "/* src/main.c */", "", "src/main.c"],
    ["html", "<!-- index.html -->", "", "index.html"],
    ["sh", "", "Put this into `bin/run.sh`:", "bin/run.sh"],
    ["diff", "+++ b/lib/x.c", "", "lib/x.c"],
    ["lua", "local x = 1", "Here it is:", undefined],
    ["", "# a comment", "", undefined],
  ] as const) {
    assert.equal(nameOf({ info, lines: [first], before }), name, info);
  }
});

test("a name leads below the folder and nowhere else", () => {
  for (const name of ["a.c", "src/../b.c", "/etc/passwd", "~/x", "..\\x", "C:\\x", "src/..x"]) {
    assert.equal(isBelowHere(name), name === "a.c" || name === "src/..x", name);
  }
});

test("the block at a line", () => {
  const page = ["x", "````md", "```", "inner", "```", "````", "y", "~~~sh", "z"];
  for (let row = 1; row <= 5; row++) {
    assert.deepEqual(blockAt(page, row)?.lines, ["```", "inner", "```"]);
  }
  assert.equal(blockAt(page, 0), undefined);
  assert.equal(blockAt(page, 6), undefined);
  assert.deepEqual(blockAt(page, 8)?.lines, ["z"], "one that has no end yet");
});

test("a name may tell lines", () => {
  assert.deepEqual(splitName("a.c"), { file: "a.c" });
  assert.deepEqual(splitName("a.c:12"), { file: "a.c", first: 12, last: 12 });
  assert.deepEqual(splitName("a.c:12-20"), { file: "a.c", first: 12, last: 20 });
});

const FILE = ["a", "b", "c", "d", "", "a", "b"];

test("a diff goes where its lines are", () => {
  for (const [diff, lines] of [
    [
      ["--- a/x", "+++ b/x", "@@ -1,3 +1,3 @@", " a", "-b", "+B", " c"],
      ["a", "B", "c", "d", "", "a", "b"],
    ],
    [
      ["@@ -6,2 +6,2 @@", " a", "-b", "+B"],
      ["a", "b", "c", "d", "", "a", "B"],
    ],
    [
      ["@@", " c", "+new", " d"],
      ["a", "b", "c", "new", "d", "", "a", "b"],
    ],
    [
      ["@@ -2,1 +2,2 @@", " b", "+x", "@@ -6,1 +7,1 @@", "-a", "+A"],
      ["a", "b", "x", "c", "d", "", "A", "b"],
    ],
    [
      ["@@ -3,1 +3,1 @@", "-d", "+D", ""],
      ["a", "b", "c", "D", "", "a", "b"],
    ],
    [
      ["@@ -0,0 +1,1 @@", "+first"],
      ["first", ...FILE],
    ],
    [["@@ -1,1 +1,1 @@", "-nowhere", "+x"], undefined],
  ] as const) {
    const made = applyPatch(FILE, [...diff]);
    assert.deepEqual("lines" in made ? made.lines : undefined, lines && [...lines], diff.join("|"));
  }
});

test("of a diff about several files that of one", () => {
  const lines = [
    "--- a/x.c",
    "+++ b/x.c",
    "@@ -1 +1 @@",
    "-a",
    "+b",
    "--- a/y.c",
    "+++ b/y.c",
    "@@ -1 +1 @@",
    "-c",
    "+d",
  ];
  const block: Block = { info: "diff", lines, first: 10, last: 21, before: "" };
  assert.deepEqual(ofOneFile(block, undefined, 12)?.lines, lines.slice(0, 5));
  assert.deepEqual(ofOneFile(block, undefined, 16)?.lines, lines.slice(5));
  assert.deepEqual(ofOneFile(block, (name) => name === "y.c", 0)?.lines, lines.slice(5));
  assert.equal(
    ofOneFile(block, (name) => name === "z.c", 12),
    undefined,
  );
  assert.deepEqual(newText(ofOneFile(block, undefined, 16)!, ["c"]), { text: "d" });
});
