// The page of a conversation: what comes in above a draft, and what stays the user's.
import * as assert from "node:assert/strict";
import { test } from "node:test";

import { DRAFT, Flow, Page, changeOf } from "../src/page";
import { Message } from "../src/turns";

function message(id: string, role: string, content: string, more: Partial<Message> = {}): Message {
  return { id, role, content, state: "done", ...(role === "assistant" && { provider: "p", model: "m" }), ...more };
}

const ONE = message("1", "user", "first");
const TWO = message("2", "assistant", "one");
const RUNNING = message("2", "assistant", "", { state: "running" });

function text(lines: string[] | undefined): string | undefined {
  return lines?.join("\n");
}

function pageOf(...path: Message[]): { page: Page; lines: string[] } {
  const page = new Page();
  const empty = page.state;
  page.advance(path, undefined);
  return { page, lines: page.brought(DRAFT, empty)! };
}

test("a page is filled, and its draft kept", () => {
  const { page, lines } = pageOf(ONE, TWO);
  assert.equal(text(lines), "## user\n\nfirst\n\n## assistant (p/m)\n\none\n\n## user\n\n");
  const drafted = [...lines.slice(0, -1), "half a tho"];
  const since = page.state;
  page.advance([ONE, TWO, message("3", "user", "elsewhere")], undefined);
  assert.equal(
    text(page.brought(drafted, since)),
    text(lines.slice(0, -3)) + "\n## user\n\nelsewhere\n\n## user\n\nhalf a tho",
  );
  assert.deepEqual(
    page.brought(page.brought(drafted, since)!, page.state),
    page.brought(drafted, since),
    "once is enough",
  );
});

test("an answer streams in above the draft", () => {
  const { page, lines } = pageOf(ONE, RUNNING);
  assert.equal(text(lines), "## user\n\nfirst\n\n## assistant (p/m)\n\n## user\n\n");
  page.flow.take("one\n## us");
  const drafted = [...lines.slice(0, -1), "next"];
  const since = page.state;
  const more = page.brought(drafted, since)!;
  assert.equal(text(more), "## user\n\nfirst\n\n## assistant (p/m)\n\none\n## us\n\n## user\n\nnext");
  page.flow.take("er\ntwo");
  const escaped = "## user\n\nfirst\n\n## assistant (p/m)\n\none\n\\## user\ntwo\n\n## user\n\nnext";
  assert.equal(text(page.brought(more, since)), escaped, "what looks like a turn is none");
  assert.equal(text(page.brought(drafted, since)), escaped, "a copy that missed something catches up");
  page.advance([ONE, message("2", "assistant", "one\n## user\ntwo")], undefined);
  assert.equal(text(page.brought(more, since)), escaped, "and so when it has ended meanwhile");
});

test("what the user has changed is not written over", () => {
  const { page, lines } = pageOf(ONE, TWO);
  const since = page.state;
  page.advance([ONE, TWO, message("3", "user", "elsewhere")], undefined);
  const changed = lines.map((line) => (line === "one" ? "won" : line));
  assert.equal(page.brought(changed, since), undefined);
  assert.ok(page.isChanged(changed, since) && !page.isChanged(lines, since));
});

test("a copy that missed a state is known by the one that it shows", () => {
  const { page, lines } = pageOf(ONE, TWO);
  const since = page.state;
  page.advance([ONE, TWO, message("3", "user", "a")], undefined);
  const between = page.brought(lines, since)!;
  page.advance([ONE, TWO, message("3", "user", "a"), message("4", "assistant", "b")], undefined);
  assert.deepEqual(page.brought(between, since), page.brought(lines, since));
  const changed = page.brought(lines, since)!.map((line) => (line === "b" ? "B" : line));
  assert.equal(page.brought(changed, since), undefined, "no turn is shown twice");
});

test("a question that was taken is the draft's no longer", () => {
  const { page, lines } = pageOf(ONE, TWO);
  const asked = [...lines.slice(0, -1), "second"];
  const from = page.state;
  page.advance([ONE, TWO, message("3", "user", "second"), { ...RUNNING, id: "4" }], undefined);
  const sent = { at: 2, prompt: "second", from };
  const shown =
    "## user\n\nfirst\n\n## assistant (p/m)\n\none\n\n## user\n\nsecond\n\n## assistant (p/m)\n\n## user\n\n";
  assert.equal(text(page.brought(asked, from, sent)), shown);
  assert.equal(text(page.brought([...asked.slice(0, -1), "second, and on"], from, sent)), shown + "second, and on");
  assert.equal(text(page.brought([...asked, "", "## user", "", "third"], from, sent)), shown + "third");
});

test("a branch takes the place of what stood there, and a draft stays", () => {
  const { page, lines } = pageOf(ONE, TWO);
  const from = page.state;
  const changed = [...lines.map((line) => (line === "first" ? "another" : line)).slice(0, -1), "not sent"];
  page.advance([message("5", "user", "another"), { ...RUNNING, id: "6" }], undefined);
  const shown = page.brought(changed, from, { at: 0, prompt: "another", from });
  assert.equal(text(shown), "## user\n\nanother\n\n## assistant (p/m)\n\n## user\n\nnot sent");
  assert.deepEqual(page.wish(shown!).kind, "ask");
});

test("instructions stand at the top once", () => {
  const page = new Page();
  const typed = ["## instructions", "", "Be brief.", "", "## user", "", "hello"];
  const from = page.state;
  page.advance([message("1", "user", "hello"), RUNNING], "Be brief.");
  const shown = page.brought(typed, from, { at: 0, prompt: "hello", from })!;
  assert.equal(text(shown), "## instructions\n\nBe brief.\n\n## user\n\nhello\n\n## assistant (p/m)\n\n## user\n\n");
  assert.equal(text(page.brought(DRAFT, from)), text(shown));
  assert.deepEqual(page.brought(shown, page.state), shown);
  assert.equal(page.parts(shown).instructions, "Be brief.");
});

test("headings are told with their lines", () => {
  const { page, lines } = pageOf(ONE, TWO);
  const headings = page.headings(lines)!;
  assert.deepEqual(
    headings.turns.map((turn) => turn.first),
    [0, 4],
  );
  assert.equal(headings.draft, 8);
  assert.equal(page.messageAt(lines, 6), 1);
  assert.equal(page.messageAt(lines, 9), undefined);
});

test("text streams in at any chunking as it is at the end", () => {
  const whole = "\n\none\r\ntwo\r\n\r\n## user\n\\## tool\n```\nx\n```\n\n";
  for (let size = 1; size < 7; size++) {
    const flow = new Flow();
    for (let i = 0; i < whole.length; i += size) {
      flow.take(whole.slice(i, i + size));
    }
    assert.equal(flow.lines().join("\n"), "one\ntwo\n\n\\## user\n\\\\## tool\n```\nx\n```", `in pieces of ${size}`);
  }
});

test("the smallest change is told", () => {
  assert.equal(changeOf(["a", "b"], ["a", "b"]), undefined);
  assert.deepEqual(changeOf(["a", "b", "c"], ["a", "x", "c"]), { from: 1, to: 2, lines: ["x"] });
  assert.deepEqual(changeOf(["a", "a"], ["a", "a", "a"]), { from: 2, to: 2, lines: ["a"] });
  assert.deepEqual(changeOf(["a", "b"], []), { from: 0, to: 2, lines: [] });
});
