// A unified diff, as models write them, put into lines; without an editor. Line numbers are taken for hints: a hunk
// belongs where its lines are.

/** Whether a text is one. */
export function isPatch(text: string): boolean {
  return /^@@ /m.test(text);
}

/** What a diff says of a file; first: the number of its first line, from 0. */
export interface FilePatch {
  first: number;
  lines: string[];
}

/** What a diff says of each file. One begins with two lines, `--- ` and `+++ `, and git's word before them. */
export function filesOf(lines: string[]): FilePatch[] {
  const files: FilePatch[] = [];
  let named = false;
  lines.forEach((line, i) => {
    const names = line.startsWith("--- ") && (lines[i + 1] ?? "").startsWith("+++ ");
    if (files.length === 0 || line.startsWith("diff ") || (names && named)) {
      files.push({ first: i, lines: [] });
      named = false;
    }
    named = named || names;
    files[files.length - 1]!.lines.push(line);
  });
  return files;
}

interface Hunk {
  from: number;
  old: string[];
  new: string[];
}

function hunksOf(lines: string[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const line of lines) {
    const hunk = hunks[hunks.length - 1];
    if (line.startsWith("@@")) {
      hunks.push({ from: Number(/^@@ -(\d+)/.exec(line)?.[1] ?? 0), old: [], new: [] });
    } else if (hunk && !line.startsWith("\\")) {
      const sign = line.charAt(0);
      if (sign === " " || sign === "-" || line === "") {
        hunk.old.push(line.slice(1));
      }
      if (sign === " " || sign === "+" || line === "") {
        hunk.new.push(line.slice(1));
      }
    }
  }
  return hunks;
}

// The place nearest to the one that was told.
function placeOf(lines: string[], hunk: Hunk, told: number): number | undefined {
  let best: number | undefined;
  for (let at = 0; at + hunk.old.length <= lines.length; at++) {
    const isThere = hunk.old.every((text, i) => lines[at + i] === text);
    if (isThere && (best === undefined || Math.abs(at - told) < Math.abs(best - told))) {
      best = at;
    }
  }
  return best;
}

// An empty line at the end of a block is none of the hunk, unless the file has it there.
function dropLastBlank(hunk: Hunk): boolean {
  const isBlank = hunk.old[hunk.old.length - 1] === "" && hunk.new[hunk.new.length - 1] === "";
  if (isBlank) {
    hunk.old.pop();
    hunk.new.pop();
  }
  return isBlank;
}

/** The lines with the diff put in, or why that cannot be. */
export function applyPatch(lines: string[], diff: string[]): { lines: string[] } | { fault: string } {
  let out = [...lines];
  let moved = 0;
  for (const [i, hunk] of hunksOf(diff).entries()) {
    const told = Math.max(hunk.from, 1) - 1 + moved;
    let at = placeOf(out, hunk, told);
    while (at === undefined && dropLastBlank(hunk)) {
      at = placeOf(out, hunk, told);
    }
    if (at === undefined) {
      return { fault: `the lines that change ${i + 1} of the diff is about are not in the file` };
    }
    if (hunk.old.length === 0) {
      at = Math.min(hunk.from + moved, out.length);
    }
    out = [...out.slice(0, at), ...hunk.new, ...out.slice(at + hunk.old.length)];
    moved += hunk.new.length - hunk.old.length;
  }
  return { lines: out };
}
