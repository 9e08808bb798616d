// The part of VS Code that host_chat_api.ts describes. host.ts has the rest; no other file knows VS Code.
import * as vscode from "vscode";
import type { Cancellation, Disposable } from "./host_api";
import type {
  ChatHost,
  Choice,
  Diagnostic,
  ModelMessage,
  ModelPiece,
  ModelSource,
  PickHow,
  Reference,
  Repository,
  StatusItem,
  ThreadAnswerer,
  ThreadQuestion,
  Tree,
  TreeItem,
} from "./host_chat_api";
import { withoutIcons } from "./words";

export const toCancellation = (token: vscode.CancellationToken): Cancellation => ({
  get isCancelled() {
    return token.isCancellationRequested;
  },
  onCancel: (fn) => token.onCancellationRequested(fn),
});

// -- lists

interface Item<T> extends vscode.QuickPickItem {
  value: T;
}

const toItem = <T>({ label, description, value }: Choice<T>): Item<T> => ({
  label: withoutIcons(label),
  description: withoutIcons(description ?? ""),
  value,
});

// Where there is nothing to choose, a list is not left open: it is told.
async function itemsOf<T>(
  how: PickHow,
  choices: readonly Choice<T>[] | Promise<readonly Choice<T>[]>,
  abandon: () => void,
): Promise<Item<T>[]> {
  try {
    const all = await choices;
    if (all.length > 0) {
      return all.map(toItem);
    }
    void vscode.window.showInformationMessage(`askd: ${how.none ?? `there is no ${how.title.toLowerCase()}`}`);
  } catch (fault) {
    abandon();
    throw fault;
  }
  abandon();
  return [];
}

class ConversationTree implements vscode.TreeDataProvider<TreeItem>, Tree {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly view: vscode.Disposable;
  readonly onDidChangeTreeData = this.changes.event;

  constructor(
    id: string,
    private readonly items: () => Promise<TreeItem[]>,
  ) {
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this });
  }

  getTreeItem({ id, label, description, tooltip, icon, kind, command }: TreeItem): vscode.TreeItem {
    const item = new vscode.TreeItem(label);
    Object.assign(item, { id, description, tooltip, contextValue: kind, iconPath: new vscode.ThemeIcon(icon) });
    item.command = { title: "Open", command, arguments: [id] };
    return item;
  }

  getChildren(item?: TreeItem): Promise<TreeItem[]> {
    return item ? Promise.resolve([]) : this.items();
  }

  changed(): void {
    this.changes.fire();
  }

  dispose(): void {
    this.view.dispose();
    this.changes.dispose();
  }
}

function statusItem(command: string): StatusItem {
  const item = vscode.window.createStatusBarItem("askd.status", vscode.StatusBarAlignment.Right, 50);
  item.name = "askd";
  item.command = command;
  item.show();
  return {
    set({ text, tooltip, isFault }) {
      item.text = `$(comment-discussion) ${withoutIcons(text)}`;
      item.tooltip = tooltip;
      item.backgroundColor = isFault ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    },
    dispose: () => item.dispose(),
  };
}

// -- git

/** What is used of the git extension's API, version 1. */
interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  diff(cached: boolean): Promise<string>;
}

interface Git {
  getAPI(version: 1): { readonly repositories: readonly GitRepository[] };
}

function toRepository(it: GitRepository): Repository {
  return {
    root: it.rootUri.fsPath,
    message: () => it.inputBox.value,
    setMessage: (text) => {
      it.inputBox.value = text;
    },
    staged: () => it.diff(true),
  };
}

// -- the chat view

const NAMES = ["error", "warning", "info", "hint"] as const; // by DiagnosticSeverity

function toReference({ id, value, modelDescription }: vscode.ChatPromptReference): Reference {
  const label = modelDescription ?? id;
  const located = (uri: vscode.Uri, range?: vscode.Range): Reference => ({
    label: vscode.workspace.asRelativePath(uri, false),
    location: { uri: uri.toString(), path: uri.scheme === "file" ? uri.fsPath : undefined, range },
  });
  if (typeof value === "string") {
    return { label, text: value };
  } else if (value instanceof vscode.Uri) {
    return located(value);
  } else if (value instanceof vscode.Location) {
    return located(value.uri, value.range);
  }
  return { label };
}

// A picture that was pasted: an API that is no older than 2025, and told by its form.
async function withData(reference: vscode.ChatPromptReference): Promise<Reference> {
  const { mimeType, data } = (reference.value ?? {}) as { mimeType?: unknown; data?: unknown };
  const plain = toReference(reference);
  if (typeof mimeType !== "string" || typeof data !== "function" || plain.text !== undefined || plain.location) {
    return plain;
  }
  return { label: plain.label, data: { mime: mimeType, bytes: (await data.call(reference.value)) as Uint8Array } };
}

async function toQuestion(
  participant: string,
  request: vscode.ChatRequest,
  context: vscode.ChatContext,
): Promise<ThreadQuestion> {
  const own = [...context.history]
    .reverse()
    .find((turn) => turn instanceof vscode.ChatResponseTurn && turn.participant === participant);
  const { model } = request as { model?: { vendor: string; id: string } }; // VS Code 1.95
  return {
    words: request.prompt,
    command: request.command,
    references: await Promise.all(request.references.map(withData)),
    model: model && { vendor: model.vendor, id: model.id },
    before: (own as vscode.ChatResponseTurn | undefined)?.result.metadata,
  };
}

// What a model says is Markdown; neither commands nor HTML in it are trusted, which is VS Code's default.
function participant(id: string, fn: ThreadAnswerer): Disposable | undefined {
  if (!vscode.chat?.createChatParticipant) {
    return undefined;
  }
  const it = vscode.chat.createChatParticipant(id, async (request, context, stream, token) => {
    const reply = {
      markdown: (text: string) => stream.markdown(text),
      progress: (text: string) => stream.progress(text),
      button: (title: string, command: string, args: readonly unknown[]) =>
        stream.button({ title, command, arguments: [...args] }),
    };
    const { place, fault } = await fn(await toQuestion(id, request, context), reply, toCancellation(token));
    return { metadata: { ...place }, ...(fault === undefined ? {} : { errorDetails: { message: fault } }) };
  });
  it.iconPath = new vscode.ThemeIcon("comment-discussion");
  return it;
}

// -- models, as VS Code 1.104 takes them. The types of the version that we are built against do not know them yet.

interface Given {
  readonly role: number;
  readonly content: readonly unknown[];
}

interface ResponseOptions {
  readonly modelOptions?: Record<string, unknown>;
  readonly tools?: readonly { name: string; description: string; inputSchema?: object | undefined }[];
  readonly toolMode?: number;
}

interface ModelProvider {
  readonly onDidChangeLanguageModelChatInformation: vscode.Event<void>;
  provideLanguageModelChatInformation(options: { silent: boolean }, token: vscode.CancellationToken): Promise<object[]>;
  provideLanguageModelChatResponse(
    model: { id: string },
    messages: readonly Given[],
    options: ResponseOptions,
    progress: vscode.Progress<unknown>,
    token: vscode.CancellationToken,
  ): Promise<void>;
  provideTokenCount(model: { id: string }, text: string | Given): Promise<number>;
}

interface ModelApi {
  readonly lm?: { registerLanguageModelChatProvider?(vendor: string, provider: ModelProvider): vscode.Disposable };
  readonly LanguageModelTextPart?: new (value: string) => unknown;
  readonly LanguageModelToolCallPart?: new (id: string, name: string, input: object) => unknown;
  readonly LanguageModelDataPart?: new (data: Uint8Array, mime: string) => unknown;
}

const REQUIRED = 2; // LanguageModelChatToolMode
const ROLES = ["system", "user", "assistant", "system"] as const; // by LanguageModelChatMessageRole, which begins at 1

// By their form: a host that is newer may have classes of its own for them.
function toPiece(part: unknown): ModelPiece[] {
  const { value, callId, name, input, content, mimeType, data } = (part ?? {}) as Record<string, unknown>;
  if (typeof callId === "string" && Array.isArray(content)) {
    return [{ type: "tool_result", id: callId, content: content.flatMap(toPiece) }];
  } else if (typeof callId === "string" && typeof name === "string") {
    return [{ type: "tool_call", id: callId, name, input: (input ?? {}) as object }];
  } else if (typeof mimeType === "string" && data instanceof Uint8Array) {
    return [{ type: "data", mime: mimeType, data }];
  }
  return typeof value === "string" ? [{ type: "text", text: value }] : [];
}

const toMessage = ({ role, content }: Given): ModelMessage => ({
  role: ROLES[role] ?? "user",
  pieces: content.flatMap(toPiece),
});

function fromPiece(api: ModelApi, piece: ModelPiece): unknown {
  switch (piece.type) {
    case "text":
      return new api.LanguageModelTextPart!(piece.text);
    case "tool_call":
      return new api.LanguageModelToolCallPart!(piece.id, piece.name, piece.input);
    case "data":
      return api.LanguageModelDataPart && new api.LanguageModelDataPart(piece.data, piece.mime);
    case "tool_result":
      return undefined; // is said by no model
  }
}

function toProvider(api: ModelApi, source: ModelSource, changes: vscode.EventEmitter<void>): ModelProvider {
  return {
    onDidChangeLanguageModelChatInformation: changes.event,
    async provideLanguageModelChatInformation({ silent }) {
      return (await source.list(silent)).map(({ maxInput, maxOutput, hasImages, hasTools, ...rest }) => ({
        ...rest,
        maxInputTokens: maxInput,
        maxOutputTokens: maxOutput,
        capabilities: { imageInput: hasImages, toolCalling: hasTools },
      }));
    },
    async provideLanguageModelChatResponse({ id }, messages, { modelOptions, tools, toolMode }, progress, token) {
      const question = {
        model: id,
        messages: messages.map(toMessage),
        tools: (tools ?? []).map(({ name, description, inputSchema }) => ({ name, description, schema: inputSchema })),
        mustCallTool: toolMode === REQUIRED,
        options: modelOptions ?? {},
      };
      const give = (piece: ModelPiece): void => {
        const part = fromPiece(api, piece);
        if (part) {
          progress.report(part);
        }
      };
      await source.answer(question, give, toCancellation(token));
    },
    provideTokenCount: ({ id }, text) => source.count(id, typeof text === "string" ? text : toMessage(text)),
  };
}

function models(vendor: string, source: ModelSource): (Disposable & { changed(): void }) | undefined {
  const api = vscode as unknown as ModelApi;
  if (!api.lm?.registerLanguageModelChatProvider || !api.LanguageModelTextPart || !api.LanguageModelToolCallPart) {
    return undefined;
  }
  const changes = new vscode.EventEmitter<void>();
  const registered = api.lm.registerLanguageModelChatProvider(vendor, toProvider(api, source, changes));
  return {
    changed: () => changes.fire(),
    dispose: () => {
      registered.dispose();
      changes.dispose();
    },
  };
}

// -- the host

export class VsCodeChats implements Omit<ChatHost, "load"> {
  constructor(private readonly context: vscode.ExtensionContext) {}

  async pick<T>(how: PickHow, choices: readonly Choice<T>[] | Promise<readonly Choice<T>[]>): Promise<T | undefined> {
    const end = new vscode.CancellationTokenSource();
    const items = itemsOf(how, choices, () => end.cancel());
    const options = { title: how.title, matchOnDescription: true };
    const [chosen] = await Promise.all([vscode.window.showQuickPick(items, options, end.token), items]);
    return chosen?.value;
  }

  async pickMany<T>(
    how: PickHow,
    choices: readonly Choice<T>[] | Promise<readonly Choice<T>[]>,
  ): Promise<readonly T[] | undefined> {
    const end = new vscode.CancellationTokenSource();
    const items = itemsOf(how, choices, () => end.cancel());
    const options = { title: how.title, matchOnDescription: true, canPickMany: true as const };
    const [chosen] = await Promise.all([vscode.window.showQuickPick(items, options, end.token), items]);
    return chosen?.map(({ value }) => value);
  }

  async openFiles(title: string): Promise<string[] | undefined> {
    const chosen = await vscode.window.showOpenDialog({ title, openLabel: title, canSelectMany: true });
    return chosen?.map(({ fsPath }) => fsPath);
  }

  async offer(text: string, buttons: readonly string[]): Promise<string | undefined> {
    return vscode.window.showInformationMessage(text, ...buttons);
  }

  hint(text: string): void {
    vscode.window.setStatusBarMessage(withoutIcons(text), 5000);
  }

  async progress(title: string, promise: Promise<unknown>, cancel: () => void): Promise<void> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (_, token) => {
      token.onCancellationRequested(cancel);
      await promise.catch(() => undefined);
    });
  }

  // -- documents

  async newDocument(content: string, language: string): Promise<void> {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language }));
  }

  fileUri(path: string, isNew: boolean): string {
    const uri = vscode.Uri.file(path);
    return (isNew ? uri.with({ scheme: "untitled" }) : uri).toString();
  }

  labelOf(path: string): string {
    return vscode.workspace.asRelativePath(path, false);
  }

  async save(uri: string): Promise<boolean> {
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri);
    return document ? document.save() : false;
  }

  async closeTabs(uri: string): Promise<void> {
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => {
        return input instanceof vscode.TabInputText && input.uri.toString() === uri;
      });
    await vscode.window.tabGroups.close(tabs, true);
  }

  moveToEnd(uri: string): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.toString() === uri) {
        const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
        editor.selection = new vscode.Selection(end, end);
        editor.revealRange(new vscode.Range(end, end));
      }
    }
  }

  diagnostics(uri: string): readonly Diagnostic[] {
    return vscode.languages.getDiagnostics(vscode.Uri.parse(uri)).map(({ range, severity, message, source }) => ({
      line: range.start.line,
      character: range.start.character,
      severity: NAMES[severity],
      message,
      source,
    }));
  }

  onWillSave(fn: (uri: string, isByUser: boolean) => void): Disposable {
    return vscode.workspace.onWillSaveTextDocument(({ document, reason }) => {
      fn(document.uri.toString(), reason === vscode.TextDocumentSaveReason.Manual);
    });
  }

  onSaved(fn: (uri: string) => void): Disposable {
    return vscode.workspace.onDidSaveTextDocument(({ uri }) => fn(uri.toString()));
  }

  // -- the window

  get isFocused(): boolean {
    return vscode.window.state.focused;
  }

  tree(view: string, items: () => Promise<TreeItem[]>): Tree {
    return new ConversationTree(view, items);
  }

  statusItem(command: string): StatusItem {
    return statusItem(command);
  }

  async repositories(): Promise<Repository[] | undefined> {
    const extension = vscode.extensions.getExtension<Git>("vscode.git");
    try {
      return extension && (await extension.activate()).getAPI(1).repositories.map(toRepository);
    } catch {
      return undefined; // git.enabled is off
    }
  }

  remember(key: string, value: string | undefined): void {
    void this.context.workspaceState.update(key, value);
  }

  recall(key: string): string | undefined {
    return this.context.workspaceState.get(key);
  }

  participant(id: string, fn: ThreadAnswerer): Disposable | undefined {
    return participant(id, fn);
  }

  models(vendor: string, source: ModelSource): (Disposable & { changed(): void }) | undefined {
    return models(vendor, source);
  }
}
