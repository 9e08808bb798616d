// `askd.apply`: the code block at the cursor put into a file. It is shown as a change to that file's document, to be
// accepted or rejected as any rewrite. Nothing is written to a disk.
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { App } from "./app";
import { blockAt, isBelowHere, nameOf, newText, ofOneFile, splitName, type Block } from "./block";
import type { Document } from "./host_api";
import { linesText } from "./material";
import { linesIn } from "./view";

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

// In the first folder of the window that has it, or else in the first one.
async function pathOf(app: App, name: string): Promise<string> {
  const folders = app.host.folders();
  const plain = name.replace(/^~(?=\/)/, homedir());
  if (isAbsolute(plain)) {
    return plain;
  }
  for (const folder of folders) {
    if (await isThere(join(folder, plain))) {
      return join(folder, plain);
    }
  }
  return resolve(folders[0] ?? homedir(), plain);
}

async function show(app: App, block: Block, name: string): Promise<void> {
  const { file, first = 1, last } = splitName(name);
  const path = await pathOf(app, file);
  const document = await app.host.open(app.host.fileUri(path, !(await isThere(path))), { place: "here" });
  const end = last ?? document.lineCount;
  if (first < 1 || end < first || end > document.lineCount) {
    return app.notify.warn(`${document.label} has ${document.lineCount} lines`);
  }
  const lines = { first: first - 1, last: end - 1 };
  const made = newText(block, linesText(document, lines).slice(0, -1).split("\n"));
  if ("fault" in made) {
    return app.notify.warn(made.fault);
  }
  const change = (await app.changes()).open(document, lines, { title: "apply" });
  // All of a file ends with the end of its last line.
  const isAll = last === undefined && document.line(document.lineCount - 1) === "";
  change.finish(isAll && made.text !== "" && !made.text.endsWith("\n") ? `${made.text}\n` : made.text);
}

// The block, and the file that it names or that somebody names for it.
async function meant(app: App, document: Document, row: number, name: string | undefined): Promise<Block | string> {
  const whole = blockAt(linesIn(document), row);
  if (!whole) {
    return "there is no code block at the cursor";
  }
  const wanted = name === undefined ? undefined : await pathOf(app, splitName(name).file);
  const base = app.host.folders()[0] ?? homedir();
  const isWanted = wanted === undefined ? undefined : (file: string): boolean => resolve(base, file) === wanted;
  return (
    ofOneFile(whole, isWanted, row) ??
    "this diff is about several files: put the cursor on what it says of one, or name that one"
  );
}

export interface ApplyArgs {
  /** FILE, FILE:LINE or FILE:FIRST-LAST; absent: the one that the block names below the folder, else it is asked. */
  file?: string;
  /** A line of the block, from 0; absent: that of the cursor. */
  row?: number;
}

export async function apply(app: App, { file, row }: ApplyArgs = {}): Promise<void> {
  const editor = app.host.activeEditor();
  if (!editor) {
    return app.notify.warn("there is no document with code to apply");
  }
  const block = await meant(app, editor.document, row ?? editor.selection.start.line, file);
  if (typeof block === "string") {
    return app.notify.warn(block);
  }
  const told = nameOf(block);
  const isSafe = told !== undefined && isBelowHere(told);
  const chosen =
    file ??
    (isSafe
      ? told
      : await app.host.input({ title: "Apply to file", placeholder: "FILE or FILE:FIRST-LAST", value: told ?? "" }));
  if (chosen) {
    await show(app, block, chosen);
  }
}
