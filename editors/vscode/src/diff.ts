// What differs between two texts, by lines. Pure.

/** `oldCount` lines from `oldFirst` on become the `newCount` lines from `newFirst` on; counted from 0. */
export interface Hunk {
  oldFirst: number;
  oldCount: number;
  newFirst: number;
  newCount: number;
}

// Lines that differ beyond this many are one hunk: finding the least of changes would take too long.
const DIFFERENCES_MAX = 200;

/** The hunks in their order; between two of them at least one line is the same. */
export function hunksOf(old: readonly string[], now: readonly string[]): Hunk[] {
  const least = Math.min(old.length, now.length);
  let same = 0;
  while (same < least && old[same] === now[same]) {
    same++;
  }
  let tail = 0;
  while (tail < least - same && old[old.length - 1 - tail] === now[now.length - 1 - tail]) {
    tail++;
  }
  const a = old.slice(same, old.length - tail);
  const b = now.slice(same, now.length - tail);
  if (a.length === 0 && b.length === 0) {
    return [];
  }
  const steps = a.length === 0 || b.length === 0 ? undefined : shortest(a, b);
  const hunks = steps ? joined(steps) : [{ oldFirst: 0, oldCount: a.length, newFirst: 0, newCount: b.length }];
  return hunks.map((hunk) => ({ ...hunk, oldFirst: hunk.oldFirst + same, newFirst: hunk.newFirst + same }));
}

// A line that goes (`x` of the old ones), or one that comes (`y` of the new ones), at that place of both texts.
interface Step {
  x: number;
  y: number;
  isNew: boolean;
}

// Myers' algorithm: the furthest place on each diagonal after d differences, until one is the end of both. undefined:
// there are too many.
function shortest(a: readonly string[], b: readonly string[]): Step[] | undefined {
  let reached = new Map([[1, 0]]);
  const rounds: Map<number, number>[] = [];
  for (let d = 0; d <= DIFFERENCES_MAX; d++) {
    const next = new Map<number, number>();
    rounds.push(reached);
    for (let k = -d; k <= d; k += 2) {
      let x = comesFromAbove(reached, k, d) ? reached.get(k + 1)! : reached.get(k - 1)! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) {
        x++;
      }
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) {
        return wayBack(rounds, a.length, b.length);
      }
    }
    reached = next;
  }
  return undefined;
}

function comesFromAbove(reached: ReadonlyMap<number, number>, k: number, d: number): boolean {
  return k === -d || (k !== d && reached.get(k - 1)! < reached.get(k + 1)!);
}

function wayBack(rounds: readonly ReadonlyMap<number, number>[], endX: number, endY: number): Step[] {
  const steps: Step[] = [];
  let k = endX - endY;
  for (let d = rounds.length - 1; d > 0; d--) {
    const reached = rounds[d]!;
    const isNew = comesFromAbove(reached, k, d);
    k += isNew ? 1 : -1;
    const x = reached.get(k)!;
    steps.push({ x, y: x - k, isNew });
  }
  return steps.reverse();
}

function joined(steps: readonly Step[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const { x, y, isNew } of steps) {
    let last = hunks[hunks.length - 1];
    if (!last || last.oldFirst + last.oldCount !== x || last.newFirst + last.newCount !== y) {
      last = { oldFirst: x, oldCount: 0, newFirst: y, newCount: 0 };
      hunks.push(last);
    }
    last.newCount += isNew ? 1 : 0;
    last.oldCount += isNew ? 0 : 1;
  }
  return hunks;
}
