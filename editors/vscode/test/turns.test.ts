// The parts of conversations that need neither an editor nor a daemon.
import * as assert from "node:assert/strict";
import { test } from "node:test";

import { Tree, decide, isAsKnown, sameMessage, unsent } from "../src/branch";
import { Message, Part, linesOf, read, textLines } from "../src/turns";

function message(
  id: string,
  parent: string | null,
  role: string,
  content: string | Part[],
  more: Partial<Message> = {},
): Message {
  return { id, parent, role, content, state: "done", ...more };
}

const ORIGIN = { provider: "p", model: "m" };
const PATH = [
  message("1", null, "user", "first"),
  message("2", "1", "assistant", "one", ORIGIN),
  message("3", "2", "user", "second"),
  message("4", "3", "assistant", "two", ORIGIN),
];
const PAGE = `## user

first

## assistant (p/m)

one

## user

second

## assistant (p/m)

two

## user

`;

function wish(page: string, path = PATH) {
  return decide(path, read(page.split("\n")).turns);
}

test("a page as it is asks for nothing", () => {
  assert.deepEqual(wish(PAGE), { kind: "nothing" });
  assert.deepEqual(wish(PAGE.replace(/\n\n/g, "\n\n\n")), { kind: "nothing" }, "blank lines mean nothing");
  assert.deepEqual(wish(PAGE.replace("one", "one  ")), { kind: "nothing" }, "nor do blanks at the ends of lines");
  assert.deepEqual(wish(""), { kind: "nothing" });
});

test("a new question goes behind what is there", () => {
  assert.deepEqual(wish(PAGE + "third\n\nin two paragraphs\n"), {
    kind: "ask",
    at: 4,
    prompt: "third\n\nin two paragraphs",
    parent: "4",
    parts: [],
  });
  assert.deepEqual(wish("a first one", []), { kind: "ask", at: 0, prompt: "a first one", parts: [] });
});

test("the first question that differs becomes a branch", () => {
  for (const page of [PAGE, PAGE + "third"]) {
    assert.deepEqual(wish(page.replace("first", "another")), {
      kind: "edit",
      at: 0,
      prompt: "another",
      edit: "1",
      parts: [],
    });
    assert.deepEqual(wish(page.replace("second", "another")), {
      kind: "edit",
      at: 2,
      prompt: "another",
      edit: "3",
      parts: [],
    });
  }
});

test("a question in the place of what was taken out", () => {
  const page = PAGE.slice(0, PAGE.indexOf("## user\n\nsecond")) + "## user\n\ninstead";
  assert.deepEqual(wish(page), { kind: "edit", at: 2, prompt: "instead", edit: "3", parts: [] });
});

test("an answer that was taken out is asked for again", () => {
  const page = PAGE.slice(0, PAGE.indexOf("## assistant (p/m)\n\ntwo"));
  assert.deepEqual(wish(page), { kind: "regenerate", at: 2, regenerate: "3" });
});

test("what cannot be asked is refused with its line", () => {
  for (const [page, row] of [
    [PAGE.replace("one", "won"), 4],
    [PAGE.replace("first", ""), 0],
    [PAGE.replace("first\n\n## assistant", "first\n\n## tool"), 4],
  ] as const) {
    const refused = wish(page);
    assert.equal(refused.kind === "refused" ? refused.row : refused.kind, row);
  }
});

test("what else was written is kept", () => {
  const page = read((PAGE + "third\n\n## user\n\nfourth").split("\n")).turns;
  assert.equal(unsent(PATH, page, 1), "third\n\nfourth");
  assert.equal(unsent(PATH, read(PAGE.split("\n")).turns, 1), "");
});

test("attachments are lines that can be taken out", () => {
  const parts: Part[] = [
    { type: "file", name: "a-->b.c", data: Buffer.from("xyz") },
    { type: "text", text: "## user\nline" },
    { type: "text", text: "what is this?" },
  ];
  const path = [message("1", null, "user", parts)];
  const lines = linesOf(path[0]!);
  assert.deepEqual(lines, [
    "## user", "", "### part file", '<!-- askd {"part":1,"name":"a--\\u003eb.c","bytes":3} -->', "",
    "### part text", '<!-- askd {"part":2,"lines":2,"begins":"## user"} -->', "", "### part text", "", "what is this?",
  ]); // prettier-ignore
  const page = lines.join("\n");
  assert.deepEqual(wish(page, path), { kind: "regenerate", at: 0, regenerate: "1" });
  assert.deepEqual(wish(page.replace("what is", "who is"), path), {
    kind: "edit",
    at: 0,
    prompt: "who is this?",
    edit: "1",
    parts: parts.slice(0, 2),
  });
  const without = wish([...lines.slice(0, 1), ...lines.slice(5)].join("\n"), path);
  assert.deepEqual(without.kind === "edit" && without.parts, parts.slice(1, 2));
});

const TEXTS = [
  "", "plain", "## user", "\\## user", "\\\\### part text", "```\n## assistant (a/b)\n```", "<!-- askd {} -->",
  "### reasoning\n\nx", "## users", " ## user", "a\n\n\nb", "<!-- askd {}", "## user \t",
]; // prettier-ignore

test("every text is read back", () => {
  for (const text of TEXTS) {
    for (const role of ["user", "assistant"]) {
      const turns = read([...linesOf(message("1", null, role, text)), "", "## user", "", "behind"]).turns;
      assert.deepEqual(
        turns.map((turn) => turn.role),
        [role, "user"],
        text,
      );
      assert.equal(turns[0]!.text, text);
    }
  }
});

test("what an editor cannot hold is shown otherwise, and is as known all the same", () => {
  const odd = message("1", null, "assistant", "nul\0byte, cr\rwithin, \u2028 and\r\nthe end\r\n", ORIGIN);
  const lines = linesOf(odd);
  assert.deepEqual(lines.slice(2), ["nul\u2400byte, cr", "within, ", " and", "the end"]);
  assert.ok(isAsKnown(odd, read(lines).turns[0]!));
});

test("line ends of DOS are not shown", () => {
  assert.deepEqual(textLines("one\r\n\r\ntwo\r\n"), ["one", "", "two"]);
});

test("a tree has its paths, siblings and tips", () => {
  const tree = new Tree({
    head: "4",
    messages: [...PATH, message("5", "2", "user", "other"), message("6", null, "user", "x")],
  });
  assert.deepEqual(
    tree.path("4").map((m) => m.id),
    ["1", "2", "3", "4"],
  );
  assert.deepEqual(tree.path("nobody"), []);
  assert.deepEqual([tree.siblings("5").all.map((m) => m.id), tree.siblings("5").at], [["3", "5"], 1]);
  assert.deepEqual(
    tree.tips().map((m) => m.id),
    ["4", "5", "6"],
  );
  assert.equal(tree.tip("1"), "5", "the newest branch");
  assert.ok(tree.leadsTo("2", "5") && !tree.leadsTo("3", "5"));
});

test("messages are compared by what is shown of them", () => {
  const one = message("1", null, "user", [{ type: "file", data: Buffer.from("a") }]);
  assert.ok(sameMessage(one, { ...one, content: [{ type: "file", data: new Uint8Array([97]) }] }));
  assert.ok(!sameMessage(one, { ...one, content: [{ type: "file", data: Buffer.from("b") }] }));
  assert.ok(!sameMessage(one, { ...one, state: "running" }));
});
