// VS Code, as host_api.ts describes an editor. Only this file and host_chat.ts know it.
import * as vscode from "vscode";
import type {
  Disposable, Document, DocumentChange, Edit, Editor, Host, InputBox, Lens, Level, Look, Mark, OpenHow,
  OpenPages, Pages, Range, Suggester,
} from "./host_api";
import { VsCodeChats, toCancellation } from "./host_chat";
import { asError } from "./notify";
import type { Settings } from "./settings";

const SCHEME = "askd";
const SECTION = "askd";
const SUGGEST_IN = ["file", "untitled", "vscode-notebook-cell"];

// -- documents

const toRange = ({ start, end }: Range): vscode.Range =>
  new vscode.Range(start.line, start.character, end.line, end.character);

class OpenDocument implements Document {
  constructor(private readonly it: vscode.TextDocument) {}

  get uri(): string {
    return this.it.uri.toString();
  }

  get path(): string | undefined {
    return this.it.uri.scheme === "file" ? this.it.uri.fsPath : undefined;
  }

  get label(): string {
    return this.it.isUntitled ? "unnamed" : vscode.workspace.asRelativePath(this.it.uri, false);
  }

  get language(): string {
    return this.it.languageId === "plaintext" ? "" : this.it.languageId;
  }

  get lineCount(): number {
    return this.it.lineCount;
  }

  get isDirty(): boolean {
    return this.it.isDirty;
  }

  get eol(): "\n" | "\r\n" {
    return this.it.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n";
  }

  text(range?: Range): string {
    return this.it.getText(range && toRange(range));
  }

  line(number: number): string {
    return this.it.lineAt(number).text;
  }
}

function endOf(document: vscode.TextDocument): vscode.Range {
  const { end } = document.lineAt(document.lineCount - 1).range;
  return new vscode.Range(end, end);
}

function toEditor(editor: vscode.TextEditor): Editor {
  return {
    document: new OpenDocument(editor.document),
    selection: editor.selection,
    visible: editor.visibleRanges,
  };
}

function toChange({ document, contentChanges }: vscode.TextDocumentChangeEvent): DocumentChange {
  const edits = [...contentChanges].sort((a, b) => b.range.start.compareTo(a.range.start));
  return { document: new OpenDocument(document), edits };
}

// -- marks

const LOOKS: Record<Look, vscode.DecorationRenderOptions> = {
  note: { after: { color: new vscode.ThemeColor("editorCodeLens.foreground"), margin: "0 0 0 1em" } },
  fault: { after: { color: new vscode.ThemeColor("errorForeground"), margin: "0 0 0 1em" } },
  part: {
    isWholeLine: true,
    borderWidth: "0 0 0 2px",
    borderStyle: "solid",
    borderColor: new vscode.ThemeColor("editorGutter.modifiedBackground"),
  },
  going: { isWholeLine: true, backgroundColor: new vscode.ThemeColor("diffEditor.removedLineBackground") },
};

// The marks of each document are put into its editors anew whenever one of them comes into sight.
class Marks implements Disposable {
  private readonly types = new Map<Look, vscode.TextEditorDecorationType>();
  private readonly marks = new Map<string, Map<string, readonly Mark[]>>(); // by document and owner
  private readonly parts: Disposable[];

  constructor() {
    this.parts = [
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.draw(editor))),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.marks.delete(uri.toString())),
    ];
  }

  dispose(): void {
    [...this.parts, ...this.types.values()].forEach((part) => part.dispose());
  }

  set(owner: string, uri: string, marks: readonly Mark[]): void {
    const owners = this.marks.get(uri) ?? new Map<string, readonly Mark[]>();
    owners.set(owner, marks);
    this.marks.set(uri, owners);
    this.drawAll(uri);
    if ([...owners.values()].every((each) => each.length === 0)) {
      this.marks.delete(uri); // its document may be closed already
    }
  }

  private drawAll(uri: string): void {
    vscode.window.visibleTextEditors
      .filter(({ document }) => document.uri.toString() === uri)
      .forEach((editor) => this.draw(editor));
  }

  private typeOf(look: Look): vscode.TextEditorDecorationType {
    const type = this.types.get(look) ?? vscode.window.createTextEditorDecorationType(LOOKS[look]);
    this.types.set(look, type);
    return type;
  }

  private draw(editor: vscode.TextEditor): void {
    const owners = this.marks.get(editor.document.uri.toString());
    if (!owners) {
      return;
    }
    const all = [...owners.values()].flat();
    for (const look of Object.keys(LOOKS) as Look[]) {
      const mine = all.filter((mark) => mark.look === look);
      if (mine.length > 0 || this.types.has(look)) {
        editor.setDecorations(this.typeOf(look), mine.map(toDecoration));
      }
    }
  }
}

function toDecoration({ range, words }: Mark): vscode.DecorationOptions {
  return words ? { range: toRange(range), renderOptions: { after: { contentText: words } } } : { range: toRange(range) };
}

// -- files

// Of what is read, that it is not there is all that need be said; of what is written it would be about something else.
function fileError(uri: vscode.Uri, fault: unknown, isWrite: boolean): vscode.FileSystemError {
  const { code, message } = asError(fault);
  if (code === "not_found" && !isWrite) {
    return vscode.FileSystemError.FileNotFound(uri);
  }
  return vscode.FileSystemError.Unavailable(`askd: ${code}: ${message}`);
}

class Files implements vscode.FileSystemProvider, Disposable {
  private readonly folders = new Map<string, Pages>();
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  private readonly since = Date.now();
  readonly onDidChangeFile = this.changes.event;
  // Last: VS Code listens at once.
  private readonly registered = vscode.workspace.registerFileSystemProvider(SCHEME, this, { isCaseSensitive: true });

  dispose(): void {
    this.registered.dispose();
    this.changes.dispose();
  }

  add(folder: string, pages: Pages): OpenPages {
    this.folders.set(folder, pages);
    return {
      changed: (path) => this.changes.fire([{ type: vscode.FileChangeType.Changed, uri: uriOf(folder, path) }]),
      dispose: () => this.folders.delete(folder),
    };
  }

  private async at<T>(uri: vscode.Uri, fn: (pages: Pages, path: string) => Promise<T>, isWrite = false): Promise<T> {
    const [, folder, path] = /^\/([^/]+)\/(.+)$/.exec(uri.path) ?? [];
    const pages = folder && this.folders.get(folder);
    if (!pages || !path) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    try {
      return await fn(pages, path);
    } catch (fault) {
      throw fileError(uri, fault, isWrite);
    }
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { Directory, File } = vscode.FileType;
    if (/^\/[^/]*$/.test(uri.path)) {
      return { type: Directory, ctime: this.since, mtime: this.since, size: 0 };
    }
    const { bytes, version, isReadonly } = await this.at(uri, (pages, path) => pages.stat(path));
    const stat = { type: File, ctime: this.since, mtime: this.since + version, size: bytes };
    return isReadonly ? { ...stat, permissions: vscode.FilePermission.Readonly } : stat;
  }

  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.at(uri, (pages, path) => pages.read(path));
  }

  writeFile(uri: vscode.Uri, data: Uint8Array): Promise<void> {
    const write = async (pages: Pages, path: string): Promise<void> => {
      if (!pages.write) {
        throw vscode.FileSystemError.NoPermissions(uri);
      }
      await pages.write(path, data);
    };
    return this.at(uri, write, true);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}

const uriOf = (folder: string, path: string): vscode.Uri =>
  vscode.Uri.from({ scheme: SCHEME, path: `/${folder}/${path}` });

// -- suggestions

function suggestionsOf(fn: Suggester): vscode.InlineCompletionItemProvider {
  return {
    async provideInlineCompletionItems(document, position, context, token) {
      const isWanted = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
      const text = await fn(new OpenDocument(document), position, isWanted, toCancellation(token));
      return text ? [new vscode.InlineCompletionItem(text, new vscode.Range(position, position))] : [];
    },
  };
}

// -- lenses

class Lenses implements vscode.CodeLensProvider, Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly registered = vscode.languages.registerCodeLensProvider({ pattern: "**" }, this);
  readonly onDidChangeCodeLenses = this.changes.event;

  constructor(private readonly fn: (document: Document) => readonly Lens[]) {}

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    return this.fn(new OpenDocument(document)).map(({ line, title, command, args }) => {
      return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command, arguments: [...args] });
    });
  }

  changed(): void {
    this.changes.fire();
  }

  dispose(): void {
    this.registered.dispose();
    this.changes.dispose();
  }
}

// -- the host

const TELL: Record<Level, (text: string) => Thenable<unknown>> = {
  info: (text) => vscode.window.showInformationMessage(text),
  warning: (text) => vscode.window.showWarningMessage(text),
  error: (text) => vscode.window.showErrorMessage(text),
};

class VsCode extends VsCodeChats implements Host {
  readonly name = "vscode";
  readonly version = vscode.version;
  private readonly marks = new Marks();
  private files: Files | undefined;
  private readonly lengths = new Map<string, number>(); // lines that a followed document had

  dispose(): void {
    this.marks.dispose();
    this.files?.dispose();
  }

  folders(): readonly string[] {
    const all = vscode.workspace.workspaceFolders ?? [];
    return all.filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath); // others have no path on the disk
  }

  // -- settings

  setting<K extends keyof Settings>(name: K): Settings[K] {
    return vscode.workspace.getConfiguration(SECTION).get(name) as Settings[K];
  }

  async set<K extends keyof Settings>(name: K, value: Settings[K]): Promise<void> {
    await vscode.workspace.getConfiguration(SECTION).update(name, value, vscode.ConfigurationTarget.Global);
  }

  onSettings(fn: () => void): Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION)) {
        fn();
      }
    });
  }

  // -- commands and words

  command(id: string, fn: (...args: unknown[]) => unknown): Disposable {
    return vscode.commands.registerCommand(id, fn);
  }

  async run(id: string, ...args: unknown[]): Promise<unknown> {
    return vscode.commands.executeCommand(id, ...args);
  }

  tell(level: Level, text: string): void {
    void TELL[level](text);
  }

  async input({ title, placeholder, value }: InputBox): Promise<string | undefined> {
    return vscode.window.showInputBox({
      title,
      ignoreFocusOut: true,
      ...(placeholder === undefined ? {} : { placeHolder: placeholder }),
      ...(value === undefined ? {} : { value }),
    });
  }

  // -- documents

  activeEditor(): Editor | undefined {
    const editor = vscode.window.activeTextEditor;
    return editor && toEditor(editor);
  }

  editors(): readonly Editor[] {
    return vscode.window.visibleTextEditors.map(toEditor);
  }

  private find(uri: string): vscode.TextDocument | undefined {
    return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
  }

  document(uri: string): Document | undefined {
    const found = this.find(uri);
    return found && new OpenDocument(found);
  }

  pageUri(folder: string, path: string): string {
    return uriOf(folder, path).toString();
  }

  async load(uri: string): Promise<Document> {
    return new OpenDocument(await vscode.workspace.openTextDocument(vscode.Uri.parse(uri)));
  }

  async open(uri: string, { place, right, keepFocus, atEnd }: OpenHow): Promise<Document> {
    const active = vscode.window.activeTextEditor?.viewColumn ?? vscode.ViewColumn.One;
    const own = place === "beside" ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    await vscode.window.showTextDocument(document, {
      viewColumn: right === undefined ? own : active + right,
      preserveFocus: keepFocus ?? false,
      preview: false,
      ...(atEnd ? { selection: endOf(document) } : {}),
    });
    return new OpenDocument(document);
  }

  async showDiff(left: string, right: string, title: string): Promise<void> {
    await this.run("vscode.diff", vscode.Uri.parse(left), vscode.Uri.parse(right), title, { preview: true });
  }

  async closeDiff(right: string): Promise<void> {
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === right);
    await vscode.window.tabGroups.close(tabs);
  }

  async edit(uri: string, edits: readonly Edit[]): Promise<boolean> {
    const all = new vscode.WorkspaceEdit();
    const target = vscode.Uri.parse(uri);
    edits.forEach(({ range, text }) => all.replace(target, toRange(range), text));
    return vscode.workspace.applyEdit(all);
  }

  followEnd(uri: string): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.toString() === uri) {
        this.followIn(editor, this.lengths.get(uri) ?? 0);
        this.lengths.set(uri, editor.document.lineCount);
      }
    }
  }

  // Whoever scrolled away from what was the end reads something else.
  private followIn(editor: vscode.TextEditor, before: number): void {
    const seen = Math.max(0, ...editor.visibleRanges.map(({ end }) => end.line));
    if (seen >= before - 2) {
      const last = editor.document.lineCount - 1;
      editor.revealRange(new vscode.Range(last, 0, last, 0));
    }
  }

  mark(owner: string, uri: string, marks: readonly Mark[]): void {
    this.marks.set(owner, uri, marks);
  }

  // -- what happens

  onDocumentChange(fn: (change: DocumentChange) => void): Disposable {
    return vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.contentChanges.length > 0) {
        fn(toChange(event));
      }
    });
  }

  onDocumentOpen(fn: (document: Document) => void): Disposable {
    return vscode.workspace.onDidOpenTextDocument((document) => fn(new OpenDocument(document)));
  }

  onDocumentClose(fn: (uri: string) => void): Disposable {
    return vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      this.lengths.delete(uri.toString());
      fn(uri.toString());
    });
  }

  onCursor(fn: (editor: Editor) => void): Disposable {
    return vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => fn(toEditor(textEditor)));
  }

  onActiveEditor(fn: (editor: Editor | undefined) => void): Disposable {
    return vscode.window.onDidChangeActiveTextEditor((editor) => fn(editor && toEditor(editor)));
  }

  // -- what we give

  pages(folder: string, pages: Pages): OpenPages {
    this.files ??= new Files();
    return this.files.add(folder, pages);
  }

  suggester(fn: Suggester): Disposable {
    const where = SUGGEST_IN.map((scheme) => ({ scheme }));
    return vscode.languages.registerInlineCompletionItemProvider(where, suggestionsOf(fn));
  }

  lenses(fn: (document: Document) => readonly Lens[]): Disposable & { changed(): void } {
    return new Lenses(fn);
  }
}

export function openHost(context: vscode.ExtensionContext): Host {
  return new VsCode(context);
}

