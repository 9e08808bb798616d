import assert from "node:assert/strict";
import { test } from "node:test";
import { hunksOf, type Hunk } from "../src/diff";
import { Random } from "./random";

function applied(old: readonly string[], now: readonly string[], hunks: readonly Hunk[]): string[] {
  const out = [...old];
  for (const { oldFirst, oldCount, newFirst, newCount } of [...hunks].reverse()) {
    out.splice(oldFirst, oldCount, ...now.slice(newFirst, newFirst + newCount));
  }
  return out;
}

// The least number of lines that go and come, by the table that everybody knows.
function least(a: readonly string[], b: readonly string[]): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  a.forEach((line, i) => {
    let corner = row[0]!;
    row[0] = i + 1;
    b.forEach((other, j) => {
      const next = line === other ? corner : Math.min(row[j]!, row[j + 1]!) + 1;
      corner = row[j + 1]!;
      row[j + 1] = next;
    });
  });
  return row[b.length]!;
}

const size = (hunks: readonly Hunk[]): number => hunks.reduce((sum, each) => sum + each.oldCount + each.newCount, 0);

test("what is the same has no hunk", () => {
  assert.deepEqual(hunksOf(["a", "b"], ["a", "b"]), []);
  assert.deepEqual(hunksOf([], []), []);
});

test("a hunk is what goes and what comes in its place", () => {
  assert.deepEqual(hunksOf(["a", "b", "c", "d"], ["a", "B", "C", "d"]), [
    { oldFirst: 1, oldCount: 2, newFirst: 1, newCount: 2 },
  ]);
  assert.deepEqual(hunksOf(["a", "b"], ["a", "x", "b"]), [{ oldFirst: 1, oldCount: 0, newFirst: 1, newCount: 1 }]);
  assert.deepEqual(hunksOf(["a", "b"], []), [{ oldFirst: 0, oldCount: 2, newFirst: 0, newCount: 0 }]);
});

test("random texts become each other by the fewest of lines", () => {
  const random = new Random(5);
  for (let round = 0; round < 2000; round++) {
    const old = random.lines(12, ["a", "b", "c", "d"]);
    const now = random.lines(12, ["a", "b", "c", "d"]);
    const hunks = hunksOf(old, now);
    assert.deepEqual(applied(old, now, hunks), now);
    assert.equal(size(hunks), least(old, now), `${old} ${now}`);
    hunks.slice(1).forEach((hunk, i) => {
      const before = hunks[i]!;
      assert.ok(before.oldFirst + before.oldCount < hunk.oldFirst, "a line between them is the same");
    });
  }
});

test("what has little in common is one hunk, and found at once", () => {
  const old = Array.from({ length: 20000 }, (_, i) => `old ${i}`);
  const now = Array.from({ length: 20000 }, (_, i) => (i % 100 === 0 ? `old ${i}` : `new ${i}`));
  const before = performance.now();
  const hunks = hunksOf(old, now);
  const took = performance.now() - before;
  assert.deepEqual(applied(old, now, hunks), now);
  assert.equal(hunks.length, 1);
  assert.ok(took < 500, `${took} ms`);
});
