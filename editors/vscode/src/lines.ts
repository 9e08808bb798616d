// Places in a text, and what edits elsewhere do to them. Pure.
import type { Edit, Position, Range } from "./host_api";

export function compare(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

export function splitLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

/** The place behind a text that was put in at `start`. */
export function endOf(start: Position, text: string): Position {
  const lines = splitLines(text);
  const last = lines[lines.length - 1]!.length;
  return lines.length === 1
    ? { line: start.line, character: start.character + last }
    : { line: start.line + lines.length - 1, character: last };
}

/** Lines `first` to `last` of a document, inclusive. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** The lines that a selection touches. One that ends before the first character of a line leaves that line out. */
export function linesOf({ start, end }: Range): Lines {
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { first: start.line, last };
}

/** Where lines are after an edit. One to them widens or shortens them; one that leaves each of them as it is does not.
 *  lastLength: characters of the last one. */
export function shift({ first, last }: Lines, { range, text }: Edit, lastLength: number): Lines {
  const { start, end } = range;
  const by = splitLines(text).length - 1 - (end.line - start.line);
  const isBefore = end.line < first || (end.line === first && end.character === 0 && beginsLine(start, text));
  const isBehind = start.line > last || (start.line === last && start.character >= lastLength && /^[\r\n]/.test(text));
  if (isBefore) {
    return { first: first + by, last: last + by };
  } else if (isBehind) {
    return { first, last };
  }
  const from = Math.min(first, start.line);
  return { first: from, last: Math.max(from, last + by, end.line + by) };
}

// Whether what stands behind a text that was put in at `start` begins a line there.
function beginsLine(start: Position, text: string): boolean {
  return text === "" ? start.character === 0 : /[\r\n]$/.test(text);
}
