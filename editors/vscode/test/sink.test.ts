import assert from "node:assert/strict";
import { test } from "node:test";
import { AskdError, type Answer } from "../src/protocol";
import { Sink } from "../src/sink";

function sinkOf(): { sink: Sink; seen: string[]; text: () => string } {
  const seen: string[] = [];
  let text = "";
  const sink = new Sink({
    text: (more) => {
      text += more;
    },
    clear: () => {
      text = "";
    },
    state: (words) => seen.push(words ?? "nothing"),
    pause: () => 0,
  });
  return { sink, seen, text: () => text };
}

const answer = (text: string, finish_reason = "stop"): Answer => ({
  answer: "id", state: "done", model: "m", provider: "p", text, finish_reason,
});

test("text comes out once, with line ends as they should be", () => {
  const { sink, seen, text } = sinkOf();
  for (const piece of ["a\r", "\nb", "\r", "c", "\r\n", "\r"]) {
    sink.event({ type: "text", text: piece }, 0, "id");
  }
  sink.end(answer("not looked at"));
  assert.equal(text(), "a\nb\rc\n\r");
  assert.deepEqual(seen, ["… waiting", "…", "nothing"]);
});

test("an answer that came without events is shown all the same", () => {
  const { sink, text } = sinkOf();
  sink.end(answer("all of it"));
  assert.equal(text(), "all of it");
});

test("what another is asked for voids what came", () => {
  const { sink, seen, text } = sinkOf();
  sink.event({ type: "text", text: "half\r" }, 0, "id");
  sink.event({ type: "retry", provider: "p", model: "b", error: { message: "broke\n\x1b[31m" }, delay: 0 }, 1, "id");
  sink.event({ type: "text", text: "\nall" }, 2, "id");
  sink.end(answer("\nall"));
  assert.equal(text(), "\nall");
  assert.ok(seen.includes("… broke [31m: asking b"));
});

test("how it ended is told", () => {
  const cut = sinkOf();
  cut.sink.end(answer("x", "length"));
  assert.equal(cut.seen.at(-1), "[ended: length]");
  const failed = sinkOf();
  failed.sink.event({ type: "text", text: "some" }, 0, "id");
  failed.sink.fail(new AskdError("unavailable", "it broke"));
  assert.equal(failed.text(), "some");
  assert.equal(failed.seen.at(-1), "[unavailable: it broke]");
});

test("dropped it tells nothing more", async () => {
  const { sink, text } = sinkOf();
  sink.event({ type: "text", text: "some" }, 0, "id");
  sink.drop();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(text(), "");
});
