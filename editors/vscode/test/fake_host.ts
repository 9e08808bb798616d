// An editor in memory: what VS Code does with what the extension gives it, as far as tests look at it. A text is changed
// in one place (`FakeDocument.apply`), which tells whoever listens, as VS Code does.
import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type {
  Cancellation, Disposable, Document, DocumentChange, Edit, Editor, Host, InputBox, Lens, Level, Mark, OpenHow, OpenPages,
  PageStat, Pages, Position, Range, Suggester,
} from "../src/host_api";
import { compare, endOf, splitLines } from "../src/lines";
import type { Settings } from "../src/settings";
import { FakeChats, Listeners } from "./fake_chat_host";

const SCHEME = "askd:";
const LANGUAGES: Record<string, string> = { ".py": "python", ".ts": "typescript", ".md": "markdown", ".c": "c" };

type Manifest = { contributes: { configuration: { properties: Record<string, { default: unknown }> } } };

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8")) as Manifest;
}

// -- documents

const START: Position = { line: 0, character: 0 };

// So many lines from `line` on were those before. A step is kept as these: copies of a long text, one for each key, would
// be more for the collector of garbage than all that the extension makes, and be taken for stalls of it.
interface Splice {
  line: number;
  now: number;
  before: string[];
}

class FakeDocument implements Document {
  lines: string[];
  eol: "\n" | "\r\n";
  isDirty = false;
  private readonly past: Splice[][] = []; // by steps

  constructor(
    readonly uri: string,
    readonly path: string | undefined,
    readonly label: string,
    public language: string,
    text: string,
  ) {
    this.eol = text.includes("\r\n") ? "\r\n" : "\n";
    this.lines = splitLines(text);
  }

  get lineCount(): number {
    return this.lines.length;
  }

  line(number: number): string {
    const line = this.lines[number];
    if (line === undefined) {
      throw new RangeError(`there is no line ${number} in ${this.uri}`);
    }
    return line;
  }

  text(range?: Range): string {
    const { start, end } = range ?? this.all;
    if (start.line === end.line) {
      return this.line(start.line).slice(start.character, end.character);
    }
    const between = this.lines.slice(start.line + 1, end.line);
    return [
      this.line(start.line).slice(start.character),
      ...between,
      this.line(end.line).slice(0, end.character),
    ].join(this.eol);
  }

  get all(): Range {
    const line = this.lines.length - 1;
    return { start: START, end: { line, character: this.lines[line]!.length } };
  }

  /** From the last edit to the first, so that those before it are where they were. One step of undo. */
  apply(edits: readonly Edit[]): void {
    const step: Splice[] = [];
    for (const { range, text } of edits) {
      const before = this.line(range.start.line).slice(0, range.start.character);
      const behind = this.line(range.end.line).slice(range.end.character);
      const lines = splitLines(before + text + behind);
      const old = this.lines.splice(range.start.line, range.end.line - range.start.line + 1, ...lines);
      step.push({ line: range.start.line, now: lines.length, before: old });
    }
    this.past.push(step);
  }

  /** Takes the last step back; the edit that it was. */
  undo(): Edit | undefined {
    const before = [...this.lines];
    for (const splice of this.past.pop()?.reverse() ?? []) {
      before.splice(splice.line, splice.now, ...splice.before);
    }
    const edit = editBetween(this, before.join(this.eol));
    this.lines = before;
    return edit;
  }
}

// The one edit that makes a text out of another, without the lines that are the same at both ends.
function editBetween(document: FakeDocument, text: string): Edit | undefined {
  const old = document.lines;
  const lines = splitLines(text);
  const least = Math.min(old.length, lines.length);
  let same = 0;
  while (same < least && old[same] === lines[same]) {
    same++;
  }
  if (same === old.length && same === lines.length) {
    return undefined;
  }
  same = Math.min(same, least - 1); // of what only grows at its end the last line is replaced
  let tail = 0;
  while (tail < least - same - 1 && old[old.length - 1 - tail] === lines[lines.length - 1 - tail]) {
    tail++;
  }
  const line = old.length - 1 - tail;
  return {
    range: { start: { line: same, character: 0 }, end: { line, character: old[line]!.length } },
    text: lines.slice(same, lines.length - tail).join(document.eol),
  };
}

// Where a place is after an edit; one within it goes behind it.
function moved(place: Position, { range, text }: Edit): Position {
  if (compare(place, range.start) <= 0) {
    return place;
  }
  const end = endOf(range.start, text);
  if (compare(place, range.end) <= 0) {
    return end;
  }
  return place.line === range.end.line
    ? { line: end.line, character: end.character + place.character - range.end.character }
    : { line: place.line + end.line - range.end.line, character: place.character };
}

class FakeEditor implements Editor {
  selection: Range = { start: START, end: START };
  /** What the window is scrolled to, where it does not show all of the document. */
  seen: Range | undefined;

  constructor(readonly document: FakeDocument) {}

  get visible(): readonly Range[] {
    return [this.seen ?? this.document.all];
  }
}

class FakeCancellation implements Cancellation {
  isCancelled = false;
  private readonly listeners = new Listeners<void>();

  onCancel(fn: () => void): Disposable {
    return this.listeners.add(fn);
  }

  cancel(): void {
    if (!this.isCancelled) {
      this.isCancelled = true;
      this.listeners.tell();
    }
  }
}

/** A question to the user that waits for an answer. */
interface Asked {
  readonly box: InputBox;
  readonly answer: (text: string | undefined) => void;
}

export class FakeHost extends FakeChats implements Host {
  readonly name = "vscode";
  readonly version = "1.90.0";
  readonly told: { level: Level; text: string }[] = [];
  readonly diffs: { left: string; right: string; title: string }[] = [];
  readonly inputs: Asked[] = [];
  readonly ran: { id: string; args: unknown[] }[] = [];
  readonly commands = new Map<string, (...args: unknown[]) => unknown>();
  readonly marks = new Map<string, Map<string, readonly Mark[]>>();
  active: FakeEditor | undefined;
  private readonly open_ = new Map<string, FakeEditor>(); // by address, all of them visible
  private readonly folders_ = new Map<string, Pages>();
  private readonly settings: Record<string, unknown> = {};
  private lensesOf: ((document: Document) => readonly Lens[])[] = [];
  private readonly listeners = {
    settings: new Listeners<void>(),
    change: new Listeners<DocumentChange>(),
    open: new Listeners<Document>(),
    close: new Listeners<string>(),
    cursor: new Listeners<Editor>(),
    active: new Listeners<Editor | undefined>(),
  };
  readonly suggestions = new Suggestions(this);
  private readonly stats = new Map<string, PageStat>(); // of what is open, as it was read last
  private untitled = 0;

  constructor(private readonly workspace: readonly string[]) {
    super();
    for (const [name, { default: value }] of Object.entries(manifest().contributes.configuration.properties)) {
      this.settings[name.replace(/^askd\./, "")] = value;
    }
  }

  /** How many listeners there are: what was disposed of leaves none. */
  get listening(): number {
    return [...Object.values(this.listeners), ...Object.values(this.chatListeners)].reduce((sum, { count }) => sum + count, 0);
  }

  dispose(): void {
    this.open_.clear();
  }

  folders(): readonly string[] {
    return this.workspace;
  }

  // -- settings

  setting<K extends keyof Settings>(name: K): Settings[K] {
    if (!(name in this.settings)) {
      throw new Error(`package.json has no setting askd.${name}`);
    }
    return this.settings[name] as Settings[K];
  }

  async set<K extends keyof Settings>(name: K, value: Settings[K]): Promise<void> {
    this.setting(name);
    this.settings[name] = value;
    this.listeners.settings.tell();
  }

  readonly onSettings = this.listeners.settings.add;

  // -- commands and words

  command(id: string, fn: (...args: unknown[]) => unknown): Disposable {
    if (this.commands.has(id)) {
      throw new Error(`command '${id}' already exists`);
    }
    this.commands.set(id, fn);
    return { dispose: () => this.commands.delete(id) };
  }

  async run(id: string, ...args: unknown[]): Promise<unknown> {
    const own = this.commands.get(id);
    if (own) {
      return own(...args);
    } else if (id.startsWith("askd.")) {
      throw new Error(`command '${id}' not found`);
    }
    this.ran.push({ id, args });
    return undefined;
  }

  tell(level: Level, text: string): void {
    this.told.push({ level, text });
  }

  input(box: InputBox): Promise<string | undefined> {
    return new Promise((answer) => {
      this.inputs.push({ box, answer });
    });
  }

  // -- documents

  activeEditor(): Editor | undefined {
    return this.active;
  }

  editors(): readonly FakeEditor[] {
    return [...this.open_.values()];
  }

  document(uri: string): FakeDocument | undefined {
    return this.open_.get(uri)?.document;
  }

  editorOf(uri: string): FakeEditor {
    const editor = this.open_.get(uri);
    if (!editor) {
      throw new Error(`${uri} is not open`);
    }
    return editor;
  }

  pageUri(folder: string, path: string): string {
    return `${SCHEME}/${folder}/${path}`;
  }

  private pagesAt(uri: string): { pages: Pages; path: string } | undefined {
    const [, folder, path] = /^askd:\/([^/]+)\/(.+)$/.exec(uri) ?? [];
    const pages = folder && this.folders_.get(folder);
    return pages && path ? { pages, path } : undefined;
  }

  async load(uri: string): Promise<FakeDocument> {
    const at = this.pagesAt(uri);
    if (uri.startsWith(SCHEME)) {
      if (!at) {
        throw new Error(`there is no ${uri}`);
      }
      const text = await this.readPage(uri, at.pages, at.path);
      return new FakeDocument(uri, undefined, basename(uri), "markdown", text);
    }
    const isNew = uri.startsWith("untitled:");
    const path = uri.replace(/^(file|untitled):\/\//, "");
    const folder = this.workspace.find((each) => path.startsWith(`${each}/`));
    const label = folder ? relative(folder, path) : path;
    const language = LANGUAGES[/\.\w+$/.exec(path)?.[0] ?? ""] ?? "";
    return new FakeDocument(uri, path, label, language, isNew ? "" : readFileSync(path, "utf8"));
  }

  // A file is read anew only where its time or its size tells that it is another.
  private async readPage(uri: string, pages: Pages, path: string): Promise<string> {
    this.stats.set(uri, await pages.stat(path));
    return Buffer.from(await pages.read(path)).toString();
  }

  async open(uri: string, how: OpenHow): Promise<FakeDocument> {
    const known = this.open_.get(uri);
    const editor = known ?? new FakeEditor(await this.load(uri));
    this.open_.set(uri, editor);
    if (!known) {
      this.listeners.open.tell(editor.document);
    }
    if (how.atEnd) {
      this.moveToEnd(uri);
    }
    if (!how.keepFocus) {
      this.focus(uri);
    }
    return editor.document;
  }

  /** A new document that is no file yet. */
  openUntitled(text: string, language: string): FakeDocument {
    const uri = `untitled:Untitled-${++this.untitled}`;
    this.open_.set(uri, new FakeEditor(new FakeDocument(uri, undefined, "unnamed", language, text)));
    this.focus(uri);
    return this.editorOf(uri).document;
  }

  focus(uri: string): void {
    this.active = this.editorOf(uri);
    this.listeners.active.tell(this.active);
  }

  close(uri: string): void {
    this.open_.delete(uri);
    this.marks.delete(uri);
    if (this.active?.document.uri === uri) {
      this.active = undefined;
      this.listeners.active.tell(undefined);
    }
    this.listeners.close.tell(uri);
  }

  async showDiff(left: string, right: string, title: string): Promise<void> {
    this.diffs.push({ left, right, title });
    for (const uri of [left, right]) {
      await this.open(uri, {});
    }
  }

  async closeDiff(right: string): Promise<void> {
    for (const [i, diff] of this.diffs.entries()) {
      if (diff.right === right) {
        this.diffs.splice(i, 1);
        this.close(right);
        this.focus(diff.left);
      }
    }
  }

  async edit(uri: string, edits: readonly Edit[]): Promise<boolean> {
    const document = this.document(uri) ?? (await this.open(uri, { keepFocus: true }));
    this.change(document, edits);
    document.isDirty = true;
    return true;
  }

  /** All changes of a text go through here. */
  change(document: FakeDocument, edits: readonly Edit[]): void {
    const sorted = [...edits].sort((a, b) => compare(b.range.start, a.range.start));
    document.apply(sorted);
    const editor = this.open_.get(document.uri);
    for (const edit of editor?.document === document ? sorted : []) {
      const { start, end } = editor!.selection;
      editor!.selection = { start: moved(start, edit), end: moved(end, edit) };
    }
    this.listeners.change.tell({ document, edits: sorted });
  }

  undo(uri: string): void {
    const document = this.editorOf(uri).document;
    const edit = document.undo();
    if (edit) {
      this.listeners.change.tell({ document, edits: [edit] });
    }
  }

  /** What cannot be saved stays as it is, and the user is told. isByUser: no timer does it. */
  async save(uri: string, isByUser = true): Promise<boolean> {
    this.chatListeners.willSave.tell({ uri, isByUser });
    try {
      await this.write(uri);
    } catch (fault) {
      this.tell("error", `Failed to save ${uri}: ${fault instanceof Error ? fault.message : String(fault)}`);
      return false;
    }
    this.chatListeners.saved.tell(uri);
    await this.reload(uri);
    return true;
  }

  /** What is not saved is dropped, and the file read again. */
  async revert(uri: string): Promise<void> {
    this.editorOf(uri).document.isDirty = false;
    this.stats.delete(uri);
    await this.reload(uri);
  }

  private async write(uri: string): Promise<void> {
    const document = this.editorOf(uri).document;
    const at = this.pagesAt(uri);
    if (!at?.pages.write) {
      throw new Error(`${uri} cannot be saved`);
    }
    const before = this.stats.get(uri)!;
    const { version, bytes } = await at.pages.stat(at.path);
    if (version > before.version && bytes !== before.bytes) {
      throw new Error("the content of the file is newer");
    }
    const text = document.text();
    await at.pages.write(at.path, Buffer.from(text));
    this.stats.set(uri, await at.pages.stat(at.path));
    document.isDirty = document.text() !== text; // somebody was typing
  }

  // What VS Code does where a file has changed that somebody looks at, unless it was edited.
  private async reload(uri: string): Promise<void> {
    const at = this.pagesAt(uri);
    if (!at || !this.document(uri) || this.document(uri)!.isDirty) {
      return;
    }
    const before = this.stats.get(uri);
    const now = await at.pages.stat(at.path);
    if (before?.version === now.version && before.bytes === now.bytes) {
      return;
    }
    const text = await this.readPage(uri, at.pages, at.path);
    const document = this.document(uri);
    const edit = document && !document.isDirty ? editBetween(document, text) : undefined;
    if (document && edit) {
      this.change(document, [edit]);
    }
  }

  followEnd(uri: string): void {
    void uri;
  }

  moveToEnd(uri: string): void {
    const editor = this.open_.get(uri);
    if (editor) {
      const { end } = editor.document.all;
      editor.selection = { start: end, end };
    }
  }

  mark(owner: string, uri: string, marks: readonly Mark[]): void {
    const owners = this.marks.get(uri) ?? new Map<string, readonly Mark[]>();
    this.marks.set(uri, owners.set(owner, marks));
  }

  // -- what happens

  readonly onDocumentChange = this.listeners.change.add;
  readonly onDocumentOpen = this.listeners.open.add;
  readonly onDocumentClose = this.listeners.close.add;
  readonly onCursor = this.listeners.cursor.add;
  readonly onActiveEditor = this.listeners.active.add;

  // -- what the extension gives

  pages(folder: string, pages: Pages): OpenPages {
    this.folders_.set(folder, pages);
    return {
      changed: (path) => void setImmediate(() => void this.reload(this.pageUri(folder, path)).catch(() => undefined)),
      dispose: () => this.folders_.delete(folder),
    };
  }

  suggester(fn: Suggester): Disposable {
    return this.suggestions.register(fn);
  }

  lenses(fn: (document: Document) => readonly Lens[]): Disposable & { changed(): void } {
    this.lensesOf.push(fn);
    return {
      changed: () => undefined,
      dispose: () => {
        this.lensesOf = this.lensesOf.filter((other) => other !== fn);
      },
    };
  }

  lensesAt(uri: string): Lens[] {
    const { document } = this.editorOf(uri);
    return this.lensesOf.flatMap((fn) => fn(document));
  }

  // -- what a user does

  /** Selects, or with one position puts the cursor there. */
  select(start: Position, end: Position = start): void {
    const editor = this.active!;
    editor.selection = { start, end };
    this.listeners.cursor.tell(editor);
    this.suggestions.moved();
  }

  /** A key, or what is pasted. "\b" takes the character before the cursor away. */
  type(text: string): void {
    const editor = this.active!;
    const { document, selection } = editor;
    let range = selection;
    if (text === "\b") {
      const { line, character } = selection.start;
      const before =
        character > 0
          ? { line, character: character - 1 }
          : { line: Math.max(line - 1, 0), character: line > 0 ? document.line(line - 1).length : 0 };
      range = { start: before, end: selection.end };
    }
    const put = text === "\b" ? "" : text;
    this.put(range, put);
    this.suggestions.typed(put);
  }

  /** Puts a text in and the cursor behind it. */
  put(range: Range, text: string): void {
    const editor = this.active!;
    this.change(editor.document, [{ range, text }]);
    editor.document.isDirty = true;
    const end = endOf(range.start, text);
    editor.selection = { start: end, end };
    this.listeners.cursor.tell(editor);
  }
}

/** Suggestions as VS Code has them: asked for at each key, shown at the cursor, kept while one types along. */
class Suggestions {
  private suggesters: Suggester[] = [];
  private token: FakeCancellation | undefined;
  shown = "";

  constructor(private readonly host: FakeHost) {}

  register(fn: Suggester): Disposable {
    this.suggesters.push(fn);
    return {
      dispose: () => {
        this.suggesters = this.suggesters.filter((other) => other !== fn);
      },
    };
  }

  typed(text: string): void {
    this.shown = text !== "" && this.shown.startsWith(text) ? this.shown.slice(text.length) : "";
    this.ask(false);
  }

  moved(): void {
    this.hide();
  }

  /** Escape, or the cursor went away. */
  hide(): void {
    this.token?.cancel();
    this.shown = "";
  }

  ask(isWanted: boolean): void {
    const { document, selection } = this.host.active!;
    this.token?.cancel();
    const token = new FakeCancellation();
    this.token = token;
    for (const fn of this.suggesters) {
      void fn(document, selection.end, isWanted, token).then((text) => {
        if (!token.isCancelled) {
          this.shown = text ?? "";
        }
      });
    }
  }

  /** Puts the beginning of what is shown in, as the editor's own commands do. */
  accept(what: "all" | "word" | "line"): void {
    const text = {
      all: this.shown,
      word: /^\s*(\w+|[^\s\w]+|$)/.exec(this.shown)?.[0] ?? this.shown,
      line: /^\n?[^\n]*/.exec(this.shown)![0],
    }[what];
    const rest = this.shown.slice(text.length);
    if (text !== "") {
      this.host.put(this.host.active!.selection, text);
      this.shown = rest;
      this.ask(false);
    }
  }
}
