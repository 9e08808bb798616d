// What the extension needs of its editor. Only host.ts knows VS Code; the tests have a host in memory (test/fake_host.ts).
//
// Positions count lines and UTF-16 units from 0. Documents are known by their address as a string, which is the same as
// long as it is open. All calls come from the editor's loop, and none of them waits for the user but those that return a
// promise.
import type { ChatHost } from "./host_chat_api";
import type { Settings } from "./settings";

export type * from "./host_chat_api";

export interface Disposable {
  dispose(): void;
}

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface Document {
  readonly uri: string;
  /** Its path on the disk; undefined: it is no file. */
  readonly path: string | undefined;
  /** What it is called where people and models see it: the path below the workspace's folder, where it is in one. */
  readonly label: string;
  readonly language: string;
  readonly lineCount: number;
  readonly eol: "\n" | "\r\n";
  /** It holds something that was not saved. */
  readonly isDirty: boolean;
  /** Lines are joined by `eol`. */
  text(range?: Range): string;
  /** Without its end. */
  line(number: number): string;
}

export interface Editor {
  readonly document: Document;
  readonly selection: Range;
  readonly visible: readonly Range[];
}

export interface Edit {
  readonly range: Range;
  readonly text: string;
}

/** A change to a document, as it has happened: the ranges are those of the text before, from the last to the first. */
export interface DocumentChange {
  readonly document: Document;
  readonly edits: readonly Edit[];
}

// -- what is shown beside a document's text

/** `note` and `fault` are words behind a line; `part` marks lines that are being written anew, `going` those that would
 *  be gone. */
export type Look = "note" | "fault" | "part" | "going";

export interface Mark {
  readonly look: Look;
  readonly range: Range;
  readonly words?: string;
}

export interface Lens {
  readonly line: number;
  readonly title: string;
  /** "": it only says something. */
  readonly command: string;
  readonly args: readonly unknown[];
}

// -- files that are none: askd:/FOLDER/NAME

export interface PageStat {
  readonly bytes: number;
  /** Grows with each change. */
  readonly version: number;
  readonly isReadonly: boolean;
}

/** The files of one folder of the scheme `askd:`. Paths are those behind the folder. What is rejected is told to the user
 *  as the reason why the file cannot be opened or saved. */
export interface Pages {
  stat(path: string): Promise<PageStat>;
  read(path: string): Promise<Uint8Array>;
  write?(path: string, data: Uint8Array): Promise<void>;
}

export interface OpenPages extends Disposable {
  /** Whoever shows this file reads it anew. */
  changed(path: string): void;
}

// -- suggestions

export interface Cancellation {
  readonly isCancelled: boolean;
  onCancel(fn: () => void): Disposable;
}

/** Called at each key, and where somebody asks for a suggestion (`isWanted`). The text is put in at the position. */
export type Suggester = (
  document: Document,
  position: Position,
  isWanted: boolean,
  token: Cancellation,
) => Promise<string | undefined>;

export interface InputBox {
  readonly title: string;
  readonly placeholder?: string;
  readonly value?: string;
}

export type Level = "info" | "warning" | "error";

export interface OpenHow {
  /** Beside the active editor, or in its place. */
  readonly place?: "beside" | "here";
  /** Instead: so many columns to the right of the active editor. */
  readonly right?: number;
  /** The cursor goes behind its last character, before any key does. */
  readonly atEnd?: boolean;
  readonly keepFocus?: boolean;
}

export interface Host extends Disposable, ChatHost {
  /** What `hello` is told. */
  readonly name: string;
  readonly version: string;

  /** Folders of the workspace, as paths. */
  folders(): readonly string[];

  setting<K extends keyof Settings>(name: K): Settings[K];
  set<K extends keyof Settings>(name: K, value: Settings[K]): Promise<void>;
  onSettings(fn: () => void): Disposable;

  /** A command that the user can give. What `fn` rejects is told to the user. */
  command(id: string, fn: (...args: unknown[]) => unknown): Disposable;
  /** Gives a command, maybe one of the editor's own. */
  run(id: string, ...args: unknown[]): Promise<unknown>;

  tell(level: Level, text: string): void;
  input(box: InputBox): Promise<string | undefined>;

  activeEditor(): Editor | undefined;
  editors(): readonly Editor[];
  document(uri: string): Document | undefined;
  /** The address of a page. */
  pageUri(folder: string, path: string): string;
  open(uri: string, how: OpenHow): Promise<Document>;
  showDiff(left: string, right: string, title: string): Promise<void>;
  /** Closes the diffs with that right side. */
  closeDiff(right: string): Promise<void>;
  /** All edits at once, as one step of undo; false: the editor did not take them. */
  edit(uri: string, edits: readonly Edit[]): Promise<boolean>;
  /** Brings the end into sight in the editors of a document whose cursor stands there. */
  followEnd(uri: string): void;
  /** All marks that one owner has in a document, in the place of those before. */
  mark(owner: string, uri: string, marks: readonly Mark[]): void;

  onDocumentChange(fn: (change: DocumentChange) => void): Disposable;
  onDocumentOpen(fn: (document: Document) => void): Disposable;
  onDocumentClose(fn: (uri: string) => void): Disposable;
  onCursor(fn: (editor: Editor) => void): Disposable;
  onActiveEditor(fn: (editor: Editor | undefined) => void): Disposable;

  pages(folder: string, pages: Pages): OpenPages;
  suggester(fn: Suggester): Disposable;
  lenses(fn: (document: Document) => readonly Lens[]): Disposable & { changed(): void };
}
