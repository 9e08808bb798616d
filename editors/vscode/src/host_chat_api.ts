// What chats, lists and the status bar need of their editor; host_api.ts has the rest, and says what positions and
// addresses are.
import type { Cancellation, Disposable, Document, Range } from "./host_api";

// -- lists that are offered

export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly value: T;
}

export interface PickHow {
  readonly title: string;
  /** What is told where there is nothing to choose. */
  readonly none?: string;
}

// -- a list that stays: a tree of one level

export interface TreeItem {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  /** A name of the editor's. */
  readonly icon: string;
  /** What its menu goes by. */
  readonly kind: string;
  /** Given when it is clicked, with its id. */
  readonly command: string;
}

export interface Tree extends Disposable {
  /** It is asked for anew, where it is to be seen. */
  changed(): void;
}

export interface StatusItem extends Disposable {
  set(shown: { text: string; tooltip: string; isFault: boolean }): void;
}

// -- what the editor knows

export interface Diagnostic {
  readonly line: number;
  readonly character: number;
  readonly severity: "error" | "warning" | "info" | "hint";
  readonly message: string;
  readonly source: string | undefined;
}

/** A repository of git that is open in the window. */
export interface Repository {
  readonly root: string;
  /** What the box for the next commit's message holds. */
  message(): string;
  setMessage(text: string): void;
  /** The diff of what is staged. */
  staged(): Promise<string>;
}

// -- the editor's own chat view

export interface Location {
  readonly uri: string;
  readonly path: string | undefined;
  readonly range: Range | undefined;
}

/** Something that goes along with a question there: one of these is told. */
export interface Reference {
  readonly label: string;
  readonly text?: string;
  readonly location?: Location;
  readonly data?: { mime: string; bytes: Uint8Array };
}

export interface ThreadQuestion {
  readonly words: string;
  /** What stands behind a slash. */
  readonly command: string | undefined;
  readonly references: readonly Reference[];
  /** The model that was chosen there, whoever has it. */
  readonly model: { vendor: string; id: string } | undefined;
  /** The `place` of the last answer in the thread. */
  readonly before: unknown;
}

export interface ThreadReply {
  markdown(text: string): void;
  progress(text: string): void;
  button(title: string, command: string, args: readonly unknown[]): void;
}

export interface ThreadResult {
  readonly place: object;
  readonly fault?: string;
}

export type ThreadAnswerer = (
  question: ThreadQuestion,
  reply: ThreadReply,
  token: Cancellation,
) => Promise<ThreadResult>;

// -- models for the editor

export interface OfferedModel {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly version: string;
  readonly detail: string;
  readonly tooltip: string;
  /** In tokens. */
  readonly maxInput: number;
  readonly maxOutput: number;
  readonly hasImages: boolean;
  readonly hasTools: boolean;
}

export type ModelPiece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "data"; readonly mime: string; readonly data: Uint8Array }
  | { readonly type: "tool_call"; readonly id: string; readonly name: string; readonly input: object }
  | { readonly type: "tool_result"; readonly id: string; readonly content: readonly ModelPiece[] };

export interface ModelMessage {
  readonly role: "user" | "assistant" | "system";
  readonly pieces: readonly ModelPiece[];
}

export interface ModelQuestion {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly { name: string; description: string; schema: object | undefined }[];
  readonly mustCallTool: boolean;
  /** As whoever asks names them. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ModelSource {
  /** isSilent: nobody is to be told why there are none. */
  list(isSilent: boolean): Promise<OfferedModel[]>;
  answer(question: ModelQuestion, give: (piece: ModelPiece) => void, token: Cancellation): Promise<void>;
  /** Tokens. */
  count(model: string, counted: string | ModelMessage): Promise<number>;
}

export interface ChatHost {
  // -- lists and words

  /** The list is there at once, also while its choices are still to come. Undefined: nothing was chosen. */
  pick<T>(how: PickHow, choices: readonly Choice<T>[] | Promise<readonly Choice<T>[]>): Promise<T | undefined>;
  pickMany<T>(
    how: PickHow,
    choices: readonly Choice<T>[] | Promise<readonly Choice<T>[]>,
  ): Promise<readonly T[] | undefined>;
  /** Paths of files that the user chooses. */
  openFiles(title: string): Promise<string[] | undefined>;
  /** Tells something, with buttons; which of them was taken, if any. */
  offer(text: string, buttons: readonly string[]): Promise<string | undefined>;
  /** Tells something in passing. */
  hint(text: string): void;
  /** Shows that something goes on, with a button that cancels it. */
  progress(title: string, promise: Promise<unknown>, cancel: () => void): Promise<void>;

  // -- documents

  /** A document that need not be shown; rejected where it is no text. */
  load(uri: string): Promise<Document>;
  /** The address of a file; isNew: of one that is there once it is saved. */
  fileUri(path: string, isNew: boolean): string;
  newDocument(text: string, language: string): Promise<void>;
  /** What a path is called where people and models see it. */
  labelOf(path: string): string;
  /** False: it was not saved, and the user was told. */
  save(uri: string): Promise<boolean>;
  closeTabs(uri: string): Promise<void>;
  /** Puts the cursor behind the last character, in the editors of a document. */
  moveToEnd(uri: string): void;
  diagnostics(uri: string): readonly Diagnostic[];
  /** isByUser: nobody saves by itself. */
  onWillSave(fn: (uri: string, isByUser: boolean) => void): Disposable;
  onSaved(fn: (uri: string) => void): Disposable;

  // -- the window

  readonly isFocused: boolean;
  tree(view: string, items: () => Promise<TreeItem[]>): Tree;
  /** command: given when it is clicked. */
  statusItem(command: string): StatusItem;
  /** Undefined: there is no git in this editor. */
  repositories(): Promise<Repository[] | undefined>;
  /** What this workspace is remembered by; undefined forgets it. */
  remember(key: string, value: string | undefined): void;
  recall(key: string): string | undefined;

  // -- what the editor may have; undefined: it has not

  participant(id: string, fn: ThreadAnswerer): Disposable | undefined;
  models(vendor: string, source: ModelSource): (Disposable & { changed(): void }) | undefined;
}
