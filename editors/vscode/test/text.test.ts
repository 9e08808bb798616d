import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../src/args";
import { only } from "../src/code";
import { told, withoutIcons } from "../src/words";

test("options stand before the words", () => {
  assert.deepEqual(parse("  what is it?  ", "mpc"), { words: "what is it?" });
  assert.deepEqual(parse("-m a/b -p fix -c last why\nnot", "mpc"), {
    words: "why\nnot",
    model: "a/b",
    prompt: "fix",
    conversation: "last",
  });
  assert.deepEqual(parse("why -m a", "mpc"), { words: "why -m a" });
  assert.deepEqual(parse("-x why", "mpc"), { words: "-x why" });
  assert.deepEqual(parse("-c last why", "mp"), { words: "-c last why" });
  assert.deepEqual(parse("-m a -- -m b", "mpc"), { words: "-m b", model: "a" });
  assert.deepEqual(parse("-- ", "mpc"), { words: "" });
  assert.deepEqual(parse("-p fix", "mpc"), { words: "", prompt: "fix" });
  assert.deepEqual(parse("--minus", "mpc"), { words: "--minus" });
});

test("an option without its value is told", () => {
  assert.equal(parse("-m", "mpc"), "-m wants a model behind it");
  assert.equal(parse("-p  ", "mpc"), "-p wants a prompt's name behind it");
});

test("a fence around code is taken off", () => {
  assert.equal(only("a\n  b\n"), "a\n  b");
  assert.equal(only("\n\n  a\n"), "  a");
  assert.equal(only("```js\na\n```\n"), "a");
  assert.equal(only("```\na\n```\nand so on"), "a");
  assert.equal(only("````md\n```\na\n```\n````"), "```\na\n```");
  assert.equal(only("```\na\r\nb"), "a\nb");
  assert.equal(only("a ``` b"), "a ``` b");
  assert.equal(only(""), "");
});

test("of a partial text it is only what is code for sure", () => {
  assert.equal(only("``", true), "");
  assert.equal(only("```j", true), "");
  assert.equal(only("```js\n", true), "");
  assert.equal(only("```js\na\nb", true), "a\nb");
  assert.equal(only("a\nb", true), "a\nb");
  assert.equal(only("  \n", true), "");
});

test("what others say makes no link, no line and no icon", () => {
  assert.equal(told("[here](command:x)\n[a] (b)"), "[here] (command:x) [a] (b)");
  assert.equal(withoutIcons("echo $(date) $(x~spin) $(a b) $1"), "echo \\$(date) \\$(x~spin) $(a b) $1");
});
