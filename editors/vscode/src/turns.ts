// A conversation as lines of Markdown, and such lines read back; both without an editor or a daemon.
//
// The form is that of `askctl conv export` (daemon/archive/markdown.h), without what a reader need not see:
//
//     ## user
//
//     How long does it steep?
//
//     ## assistant (openai/gpt-4.1)
//
//     Three minutes.
//
// A *mark* is a line that means something, such as these headings. A line of a text that looks like a mark gets a
// backslash in front, one that has such backslashes gets one more; so whatever a turn holds, fences and headings too,
// it is read back as it was. Blank lines around a text mean nothing. What a turn has beside its text is a line that
// names it ("### part file" and a comment): taking out the line takes it out of the question.

import type { Message, Part } from "./protocol";

export type { Message, Part } from "./protocol";

/** A turn that lines hold. kept: numbers of the parts that still stand there; first and last: its lines, from 0. */
export interface Turn {
  role: string;
  text: string;
  kept: number[];
  first: number;
  last: number;
}

export interface Page {
  turns: Turn[];
  instructions?: string;
}

type Kind = "instructions" | "message" | "reasoning" | "answer" | "part" | "meta";

interface Word {
  text: string;
  kind: Kind;
  role?: string;
}

const WORDS: Word[] = [
  { text: "## instructions", kind: "instructions" },
  { text: "## user", kind: "message", role: "user" },
  { text: "## assistant", kind: "message", role: "assistant" },
  { text: "## system", kind: "message", role: "system" },
  { text: "## tool", kind: "message", role: "tool" },
  { text: "### reasoning", kind: "reasoning" },
  { text: "### answer", kind: "answer" },
  { text: "### part", kind: "part" },
  { text: "<!-- askd", kind: "meta" },
];

interface Mark {
  word: Word;
  escapes: number;
  rest: string;
}

/** What a line is: its word, the backslashes before it, and what stands behind the word. Nothing: only text. */
export function markOf(line: string): Mark | undefined {
  const begin = line.charCodeAt(0);
  if (begin !== 0x23 && begin !== 0x3c && begin !== 0x5c) {
    return undefined; // at once, since there are many lines
  }
  let escapes = 0;
  while (line.charCodeAt(escapes) === 0x5c) {
    escapes++;
  }
  const body = line.slice(escapes).replace(/[ \t\r]+$/, "");
  for (const word of WORDS) {
    const rest = body.slice(word.text.length);
    if (body.startsWith(word.text) && (rest === "" || /^[ \t\r]/.test(rest))) {
      return { word, escapes, rest: rest.replace(/^[ \t\r]+/, "") };
    }
  }
  return undefined;
}

function isBlank(line: string): boolean {
  return /^[ \t\r]*$/.test(line);
}

/** Lines without the blank ones at both ends. */
export function trimmed(lines: string[]): string[] {
  let first = 0;
  let last = lines.length;
  while (first < last && isBlank(lines[first]!)) {
    first++;
  }
  while (last > first && isBlank(lines[last - 1]!)) {
    last--;
  }
  return lines.slice(first, last);
}

/** A line of a text as it may stand on a page. */
export function escaped(line: string): string {
  return markOf(line) ? "\\" + line : line;
}

/** Text as an editor can hold it: what it takes for the end of a line is one, and a NUL, by which it would take the page
 * for no text at all, is its sign. */
export function shown(text: string): string {
  return text
    .replace(/\r\n|\r$/g, (end) => (end === "\r" ? "" : "\n"))
    .replace(/[\r\u2028\u2029]/g, "\n")
    .replace(/\0/g, "\u2400");
}

/** The lines of a text, without blank ones at its ends, none of which can be taken for a mark. */
export function textLines(text: string): string[] {
  return trimmed(shown(text).split("\n").map(escaped));
}

// -- writing

// No comment ends within it: ">" stands in strings alone, and there it can be written otherwise.
function comment(entries: Record<string, string | number>): string {
  const inside = JSON.stringify(entries, (_, value) => (typeof value === "string" ? value.replace(/\0/g, " ") : value));
  return `<!-- askd ${inside.replace(/>/g, "\\u003e").replace(/[\u2028\u2029]/g, " ")} -->`;
}

function countLines(text: string): number {
  const breaks = text.split("\n").length - 1;
  return text === "" || text.endsWith("\n") ? breaks : breaks + 1;
}

const BEGINS = 60; // characters of a part that are shown

// How a part of a message is told that is not the text of its turn. Its number is its place in the message, from 1.
function partLines(part: Part, number: number): string[] {
  const entries: Record<string, string | number> = { part: number };
  if (part.name) {
    entries.name = part.name;
  }
  if (part.url) {
    entries.url = part.url;
  }
  if (part.data) {
    entries.bytes = part.data.length;
  }
  const text = [part.text, part.content, part.arguments].find((each) => typeof each === "string") as string | undefined;
  if (text !== undefined) {
    entries.lines = countLines(text);
    entries.begins = Array.from(text.split("\n", 1)[0]!.slice(0, 2 * BEGINS))
      .slice(0, BEGINS)
      .join("");
  }
  return [`### part ${part.type}`, comment(entries)];
}

/** The parts of a message but the text, with their numbers, and that text: of a question the last text part, before
 * which its attachments stand; of an answer all of them. */
function splitParts(message: Message): { others: { number: number; part: Part }[]; text: string } {
  if (typeof message.content === "string") {
    return { others: [], text: message.content };
  }
  const parts = message.content;
  const question = parts.map((part) => part.type).lastIndexOf("text");
  const others: { number: number; part: Part }[] = [];
  let text = "";
  parts.forEach((part, i) => {
    if (part.type === "text" && (message.role !== "user" || i === question)) {
      text += part.text ?? "";
    } else {
      others.push({ number: i + 1, part });
    }
  });
  return { others, text };
}

/** The text of a message, without what goes along. */
export function textOf(message: Message): string {
  return splitParts(message).text;
}

export function heading(role: string, provider?: string | null, model?: string | null): string {
  if (role === "assistant" && model) {
    const origin = provider ? `${provider}/${model}` : model;
    return `## assistant (${origin.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, " ")})`;
  }
  return `## ${role}`;
}

/** A message as lines: its heading, a blank line, its text; none blank at the end. */
export function linesOf(message: Message): string[] {
  const lines = [heading(message.role, message.provider, message.model)];
  const { others, text } = splitParts(message);
  for (const { number, part } of others) {
    lines.push("", ...partLines(part, number));
  }
  const own = textLines(text);
  if (others.length > 0 && own.length > 0) {
    lines.push("", "### part text");
  }
  if (own.length > 0) {
    lines.push("");
    for (const line of own) {
      lines.push(line); // not spread: a text may have more lines than a call takes arguments
    }
  }
  return lines;
}

export function linesOfInstructions(system: string): string[] {
  return ["## instructions", "", ...textLines(system)];
}

// -- reading

function unescaped(line: string): string {
  const mark = markOf(line);
  return mark && mark.escapes > 0 ? line.slice(1) : line;
}

// What ends the text before it.
function beginOfBlock(line: string): Mark | undefined {
  const mark = markOf(line);
  return mark && mark.escapes === 0 && mark.word.kind !== "meta" ? mark : undefined;
}

function readComment(line: string | undefined): Record<string, unknown> | undefined {
  const mark = markOf(line ?? "");
  if (!mark || mark.word.kind !== "meta" || mark.escapes > 0) {
    return undefined;
  }
  try {
    const entries: unknown = JSON.parse(mark.rest.replace(/-->$/, ""));
    return typeof entries === "object" && entries !== null ? (entries as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The turns that lines hold. What stands before the first heading is what a user says, as people begin a page. */
export function read(lines: string[]): Page {
  const page: Page = { turns: [] };
  let current: Turn | undefined;
  let gathers = true;
  let text: string[] = [];

  function close(last: number): void {
    if (current) {
      current.last = last;
      current.text = trimmed(text).join("\n");
      if (current.role === "instructions") {
        page.instructions = current.text;
      } else {
        page.turns.push(current);
      }
    }
    current = undefined;
    gathers = true;
    text = [];
  }
  function open(role: string, first: number): Turn {
    return { role, text: "", kept: [], first, last: first };
  }

  lines.forEach((line, row) => {
    const mark = beginOfBlock(line);
    const kind = mark?.word.kind;
    if (mark && (kind === "message" || kind === "instructions")) {
      close(row - 1);
      current = open(mark.word.role ?? "instructions", row);
    } else if (mark && current) {
      // A part that is named by a comment stands for itself; the text is what stands under all else but reasoning.
      const entries = kind === "part" ? readComment(lines[row + 1]) : undefined;
      if (typeof entries?.part === "number") {
        current.kept.push(entries.part);
        gathers = false;
      } else {
        gathers = kind !== "reasoning" && (kind !== "part" || mark.rest === "text");
      }
    } else if (!current && !isBlank(line)) {
      current = open("user", row);
      text = [unescaped(line)];
    } else if (current && gathers) {
      const isMeta = text.length === 0 && line.startsWith("<!-- askd") && readComment(line) !== undefined;
      if (!isMeta) {
        text.push(unescaped(line));
      }
    }
  });
  close(lines.length - 1);
  return page;
}
