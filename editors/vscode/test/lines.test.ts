import assert from "node:assert/strict";
import { test } from "node:test";
import type { Edit, Position } from "../src/host_api";
import { compare, endOf, linesOf, shift, splitLines } from "../src/lines";
import { Random } from "./random";

const at = (line: number, character: number): Position => ({ line, character });
const edit = (start: Position, end: Position, text: string): Edit => ({ range: { start, end }, text });

function apply(lines: readonly string[], { range, text }: Edit): string[] {
  const before = lines[range.start.line]!.slice(0, range.start.character);
  const behind = lines[range.end.line]!.slice(range.end.character);
  return [...lines.slice(0, range.start.line), ...splitLines(before + text + behind), ...lines.slice(range.end.line + 1)];
}

test("a selection is of the lines that it touches", () => {
  assert.deepEqual(linesOf({ start: at(1, 3), end: at(1, 3) }), { first: 1, last: 1 });
  assert.deepEqual(linesOf({ start: at(1, 3), end: at(3, 1) }), { first: 1, last: 3 });
  assert.deepEqual(linesOf({ start: at(1, 0), end: at(3, 0) }), { first: 1, last: 2 });
});

test("a text ends where it ends", () => {
  assert.deepEqual(endOf(at(2, 3), "ab"), at(2, 5));
  assert.deepEqual(endOf(at(2, 3), "ab\r\ncde"), at(3, 3));
  assert.deepEqual(endOf(at(2, 3), "\n"), at(3, 0));
});

test("lines are found again after edits elsewhere", () => {
  const old = ["a", "b", "old 1", "old 2", "old 3", "c", "d"];
  const part = old.slice(2, 5);
  const cases: [Edit, number][] = [
    [edit(at(0, 0), at(0, 0), "x\ny\n"), 4],
    [edit(at(0, 0), at(2, 0), ""), 0],
    [edit(at(1, 1), at(1, 1), "\nmore"), 3],
    [edit(at(2, 0), at(2, 0), "before\n"), 3],
    [edit(at(4, 5), at(4, 5), "\nbehind"), 2],
    [edit(at(5, 0), at(6, 1), ""), 2],
    [edit(at(4, 5), at(5, 1), "\nother"), 2],
  ];
  for (const [change, first] of cases) {
    const lines = shift({ first: 2, last: 4 }, change, 5);
    assert.deepEqual(lines, { first, last: first + 2 }, JSON.stringify(change));
    assert.deepEqual(apply(old, change).slice(lines.first, lines.last + 1), part);
  }
});

test("whatever is edited outside of them they are where they were", () => {
  const random = new Random(3);
  for (let round = 0; round < 300; round++) {
    let text = [...random.lines(5, ["x", "yy", ""]), "OLD 1", "OLD 2", ...random.lines(5, ["x", "yy", ""])];
    let lines = { first: text.indexOf("OLD 1"), last: text.indexOf("OLD 2") };
    for (let i = 0; i < 10; i++) {
      const isBefore = random.below(2) === 0;
      const [from, to] = isBefore ? [0, lines.first - 1] : [lines.last + 1, text.length - 1];
      if (to < from) {
        continue;
      }
      const places = [0, 1].map(() => {
        const line = from + random.below(to - from + 1);
        return at(line, random.below(text[line]!.length + 1));
      });
      const [start, end] = places.sort(compare) as [Position, Position];
      const change = edit(start, end, random.lines(3, ["n", ""]).join("\n"));
      text = apply(text, change);
      lines = shift(lines, change, "OLD 2".length);
      assert.deepEqual(text.slice(lines.first, lines.last + 1), ["OLD 1", "OLD 2"], JSON.stringify(change));
    }
  }
});

test("an edit to the lines never leaves them without a place", () => {
  const random = new Random(4);
  for (let round = 0; round < 500; round++) {
    const text = ["a", "b", "c", "d", "e"];
    const places = [0, 1].map(() => at(random.below(5), random.below(2)));
    const [start, end] = places.sort(compare) as [Position, Position];
    const change = edit(start, end, random.lines(3, ["n", ""]).join("\n"));
    const { first, last } = shift({ first: 1, last: 3 }, change, 1);
    assert.ok(first >= 0 && last >= first && first < apply(text, change).length, JSON.stringify(change));
  }
});
