// What is attached to the next question of a chat, or of the window: files, documents, what is to be seen, diagnostics.
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { App } from "./app";
import type { Choice, Editor } from "./host_api";
import { linesOf } from "./lines";
import { allLines, linesPart, textPart } from "./material";
import { AskdError, type Part } from "./protocol";

const FILE_MAX = 32 * 1048576; // as for any attachment

/** The editor that is meant by "the document": this one, or from a chat or an answer the one that is beside it. */
export function sourceEditor(app: App): Editor | undefined {
  const isOurs = (editor: Editor): boolean => editor.document.uri.startsWith("askd:");
  const active = app.host.activeEditor();
  return active && !isOurs(active) ? active : app.host.editors().find((editor) => !isOurs(editor));
}

function add(app: App, label: string, part: Part | string): void {
  if (typeof part === "string") {
    return app.notify.warn(part);
  }
  app.chats.next.add(app.chats.key, label, part);
  app.host.hint(`askd: ${label} goes with the next question`);
}

/** All of a file, as a part. */
export async function filePart(path: string, name: string): Promise<Part> {
  const file = await open(path, "r");
  try {
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw new AskdError("invalid_request", `${name} is no file`);
    } else if (stat.size > FILE_MAX) {
      throw new AskdError(
        "too_large",
        `${name} is larger than the 32 MiB that an attachment may be: attach a part of it`,
      );
    }
    const data = await file.readFile();
    if (data.length === 0) {
      throw new AskdError("invalid_request", `${name} is empty: there is nothing to attach`);
    }
    return { type: "file", name, data };
  } finally {
    await file.close();
  }
}

/** `askd.attachFile`: of paths or addresses of files (as the explorer gives them), or chosen. */
export async function attachFile(app: App, ...given: unknown[]): Promise<void> {
  const { host } = app;
  const paths = pathsOf(given) ?? (await host.openFiles("Attach")) ?? [];
  for (const path of paths) {
    if (/^https?:\/\//.test(path)) {
      add(app, path, { type: "file", name: path, url: path });
      continue;
    }
    const name = host.labelOf(path) || basename(path);
    try {
      add(app, name, await filePart(path, name));
    } catch (fault) {
      app.notify.warn(`cannot attach ${path}: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }
}

// A command of the explorer is given the file and all that are selected, else strings.
function pathsOf(given: unknown[]): string[] | undefined {
  const all = Array.isArray(given[1]) ? given[1] : given.flat();
  const paths = all.flatMap((each: unknown) => {
    const path = typeof each === "string" ? each : (each as { fsPath?: unknown } | undefined)?.fsPath;
    return typeof path === "string" ? [path] : [];
  });
  return paths.length > 0 ? paths : undefined;
}

function withEditor(app: App, fn: (editor: Editor) => void): void {
  const editor = sourceEditor(app);
  return editor ? fn(editor) : app.notify.warn("there is no editor with a document to attach");
}

export function attachDocument(app: App): void {
  withEditor(app, ({ document }) => add(app, document.label, linesPart(document, allLines(document))));
}

export function attachSelection(app: App): void {
  withEditor(app, ({ document, selection }) => {
    const lines = linesOf(selection);
    add(app, `${document.label}:${lines.first + 1}-${lines.last + 1}`, linesPart(document, lines));
  });
}

/** What is to be seen of the document. */
export function attachVisible(app: App): void {
  withEditor(app, ({ document, visible }) => {
    const first = Math.min(...visible.map(({ start }) => start.line));
    const last = Math.min(Math.max(...visible.map(({ end }) => end.line)), document.lineCount - 1);
    if (visible.length === 0 || last < first) {
      return app.notify.warn(`nothing of ${document.label} is to be seen`);
    }
    add(app, `${document.label}:${first + 1}-${last + 1}`, linesPart(document, { first, last }));
  });
}

export function attachDiagnostics(app: App): void {
  withEditor(app, ({ document }) => {
    const lines = app.host.diagnostics(document.uri).map(({ line, character, severity, message, source }) => {
      return `${document.label}:${line + 1}:${character + 1}: ${severity}: ${message}${source ? ` [${source}]` : ""}`;
    });
    if (lines.length === 0) {
      return app.notify.warn(`${document.label} has no diagnostics`);
    }
    const label = `diagnostics of ${document.label} (${lines.length})`;
    add(app, label, textPart(label, `${lines.join("\n")}\n`));
  });
}

const SOURCES: [string, (app: App) => unknown][] = [
  ["Document", attachDocument],
  ["Selection", attachSelection],
  ["What Is Visible", attachVisible],
  ["Diagnostics", attachDiagnostics],
  ["Files…", (app) => attachFile(app)],
];

/** `askd.attach`: asks what. */
export async function attach(app: App): Promise<void> {
  const choices: Choice<(app: App) => unknown>[] = SOURCES.map(([label, value]) => ({ label, value }));
  const chosen = await app.host.pick({ title: "Attach" }, choices);
  await chosen?.(app);
}

/** `askd.detach`: offers what is attached; "all" takes it off at once, with the prompt that waits. */
export async function detach(app: App, what?: string): Promise<void> {
  const { next, key } = app.chats;
  const labels = next.attached(key);
  const all = { label: "All of it", value: "" };
  const choices: Choice<string>[] = [all, ...labels.map((label) => ({ label, value: label }))];
  const hasAny = next.labels(key).length > 0;
  if (!hasAny) {
    return app.notify.info("nothing is attached");
  }
  const chosen = what === "all" ? "" : (what ?? (await app.host.pick({ title: "Detach" }, choices)));
  if (chosen === undefined) {
    return;
  } else if (chosen === "") {
    next.setPrompt(key, undefined);
  }
  const count = next.remove(key, chosen === "" ? undefined : labels.filter((label) => label.includes(chosen)));
  app.host.hint(
    count === 0 && chosen !== "" ? "askd: nothing was attached under that name" : `askd: ${count} taken off`,
  );
}
