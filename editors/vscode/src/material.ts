// What goes along with a question: pieces of documents, as parts of the protocol. A part of text is a file to the daemon,
// under a name that tells where it is from; it sees to it that the model takes it for data.
import type { Document } from "./host_api";
import type { Lines } from "./lines";
import type { Part } from "./protocol";

const PART_MAX = 32 * 1048576; // as for any attachment

/** A part of text under a name, or why it cannot be one. */
export function textPart(name: string, text: string): Part | string {
  const data = Buffer.from(text);
  if (data.length === 0) {
    return `${name} is empty: there is nothing to attach`;
  } else if (data.length > PART_MAX) {
    return `${name} is larger than the 32 MiB that an attachment may be: attach a part of it`;
  }
  return { type: "file", mime: "text/plain", name, data };
}

export function allLines(document: Document): Lines {
  return { first: 0, last: document.lineCount - 1 };
}

/** Lines as text, each with a line feed at its end. */
export function linesText(document: Document, { first, last }: Lines): string {
  const end = { line: last, character: document.line(last).length };
  return `${document.text({ start: { line: first, character: 0 }, end }).replace(/\r\n/g, "\n")}\n`;
}

/** The part for some lines, or why there is none; the model is told the file, the lines and the language. */
export function linesPart(document: Document, lines: Lines): Part | string {
  const { first, last } = lines;
  const text = linesText(document, lines);
  if (text.trim() === "") {
    return `${document.label} has nothing there to ask about`;
  }
  const isAll = first === 0 && last === document.lineCount - 1;
  const where = isAll ? "" : first === last ? `, line ${first + 1}` : `, lines ${first + 1} to ${last + 1}`;
  const language = document.language ? `, ${document.language}` : "";
  return textPart(document.label + where + language, text);
}
