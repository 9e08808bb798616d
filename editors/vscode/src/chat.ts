// Chats: conversations as documents askd:/conversation/ID.md, and new.md for one that the daemon does not know yet. Here
// they are opened, saved and closed; view.ts has what they show, send.ts how a question is asked.
import type { App } from "./app";
import { blocksOf, isBelowHere, nameOf } from "./block";
import type { Disposable, Document, Lens, OpenHow, OpenPages, Pages, PageStat } from "./host_api";
import { splitLines } from "./lines";
import { Next, WINDOW } from "./next";
import { asError } from "./notify";
import { changeOf } from "./page";
import { AskdError, type Question } from "./protocol";
import { send, type SendHow } from "./send";
import { View, editOf, linesIn } from "./view";
import { within } from "./within";

const FOLDER = "conversation";
const NEW = "new"; // and new-2, new-3 …
const FIRST_MS = 5000; // that who opens a document waits for the daemon

const pathOf = (id: string): string => `${id}.md`;
const idOf = (path: string): string => path.replace(/\.md$/, "");
const isNew = (id: string): boolean => /^new(-\d+)?$/.test(id);

// What can be done with the blocks of code that a model wrote.
function lensesOf(document: Document): Lens[] {
  if (!document.uri.startsWith("askd:")) {
    return [];
  }
  return blocksOf(linesIn(document)).map((block) => {
    const name = nameOf(block);
    const title = name !== undefined && isBelowHere(name) ? `Apply to ${name}` : "Apply to a File…";
    return { line: block.first, title, command: "askd.apply", args: [{ row: block.first }] };
  });
}

export class Chats implements Pages, Disposable {
  readonly next = new Next();
  private readonly views = new Map<string, View>(); // by address
  private readonly moved = new Map<string, string>(); // addresses of new ones that have an id now
  private readonly unattended = new Set<string>(); // addresses that are saved, but by nobody
  private readonly begun = new Map<View, string>(); // ids of new ones whose save has not ended
  private readonly how = new Map<string, SendHow>(); // of the save that is under way
  private readonly files: OpenPages;
  private readonly parts: Disposable[];

  constructor(private readonly app: App) {
    const { host } = app;
    this.files = host.pages(FOLDER, this);
    this.parts = [
      this.files,
      host.onDocumentChange(({ document }) => this.views.get(document.uri)?.documentChanged(document)),
      host.onDocumentOpen((document) => this.opened(document)),
      host.lenses((document) => lensesOf(document)),
      host.onDocumentClose((uri) => void setImmediate(() => this.closed(uri))),
      host.onWillSave((uri, isByUser) => this.willSave(uri, isByUser)),
      host.onSaved((uri) => void this.saved(uri)),
      this.next.onChange(() => this.views.forEach((view) => view.remark())),
    ];
  }

  dispose(): void {
    this.parts.forEach((part) => part.dispose());
    this.views.forEach((view) => view.dispose());
    this.views.clear();
  }

  // -- for others

  /** The chat in a document; undefined: it is none. */
  at(uri: string | undefined): View | undefined {
    return uri === undefined ? undefined : this.views.get(uri);
  }

  /** The chat that the user is in. */
  get active(): View | undefined {
    return this.at(this.app.host.activeEditor()?.document.uri);
  }

  /** Where what is attached now belongs. */
  get key(): string {
    return this.active?.uri ?? WINDOW;
  }

  /** What waits for a question that is asked from a document. */
  extend(question: Question, uri: string | undefined): void {
    const given = this.next.take(this.at(uri)?.uri ?? WINDOW);
    if (given.parts.length > 0) {
      question.attachments = [...(question.attachments ?? []), ...given.parts];
    }
    question.template ??= given.prompt;
  }

  uriOf(id: string): string {
    return this.app.host.pageUri(FOLDER, pathOf(id));
  }

  /** Opens a chat: of an id, of "last" (the newest of this folder), or a new one. */
  async open(id?: string, how: OpenHow = {}): Promise<View> {
    if (id === "last") {
      const params = { conversation: "last", prompt: "?", context: this.app.client.context() };
      const { conversation } = await this.app.client.request("answer.estimate", params);
      return this.open(conversation, how);
    }
    const uri = this.uriOf(id ?? this.newName());
    await this.app.host.open(uri, { keepFocus: false, atEnd: true, ...how });
    const view = this.views.get(uri);
    if (!view) {
      throw new AskdError("internal", "the chat was closed at once");
    }
    view.remark();
    return view;
  }

  /** Sends what the document asks for. */
  async send(view: View, how: SendHow): Promise<void> {
    const { host } = this.app;
    if (host.document(view.uri)?.isDirty) {
      this.how.set(view.uri, how);
      await host.save(view.uri); // what is refused, the editor tells
      this.how.delete(view.uri);
    } else {
      await this.ask(view, view.disk, how);
    }
  }

  // -- new ones

  // One into which nothing was written yet, so that they do not pile up; else a free name.
  private newName(): string {
    for (let n = 1; ; n++) {
      const name = n === 1 ? NEW : `${NEW}-${n}`;
      const uri = this.uriOf(name);
      const view = this.views.get(uri);
      const isUntouched =
        view && !view.isSending && !this.app.host.document(uri)?.isDirty && !view.page.hasDraft(view.disk);
      if (!this.moved.has(uri) && (!view || isUntouched)) {
        return name;
      }
    }
  }

  // A new chat has its id now: its document makes way for one of that name.
  private async rename(view: View, id: string): Promise<void> {
    const { host } = this.app;
    const before = view.uri;
    const uri = this.uriOf(id);
    this.views.delete(before);
    this.views.set(uri, view);
    this.moved.set(before, uri);
    this.next.move(before, uri);
    view.uri = uri;
    try {
      if (host.document(before)) {
        await host.open(uri, { place: "here", keepFocus: false, atEnd: true });
        await this.moveText(before, view);
        await host.closeTabs(before);
      }
    } finally {
      this.moved.delete(before);
      view.adopt(id);
    }
  }

  // What was written into the old document since it was saved goes along.
  private async moveText(before: string, view: View): Promise<void> {
    const { host } = this.app;
    const old = host.document(before);
    const document = host.document(view.uri);
    const change = old?.isDirty && document ? changeOf(linesIn(document), linesIn(old)) : undefined;
    if (change && document) {
      await host.edit(view.uri, [editOf(linesIn(document), change)]);
      await host.save(before); // it is nobody's any more, and can be closed
    }
  }

  // -- files

  async stat(path: string): Promise<PageStat> {
    const view = await this.view(path);
    // A conversation is a tree: what is written takes nothing away, so that no write is ever in conflict with another.
    // Its time stays the same for that, and its size tells one state from the next.
    return { bytes: view.size, version: 1, isReadonly: false };
  }

  async read(path: string): Promise<Uint8Array> {
    return (await this.view(path)).data();
  }

  async write(path: string, data: Uint8Array): Promise<void> {
    const uri = this.uriOf(idOf(path));
    if (this.moved.has(uri)) {
      return; // all of it went along
    }
    const view = await this.view(path);
    const lines = splitLines(Buffer.from(data).toString("utf8"));
    const how = this.how.get(uri);
    this.how.delete(uri);
    if (this.unattended.delete(uri)) {
      return this.keep(view, lines);
    }
    view.isSaving = this.app.host.document(uri) !== undefined;
    const isOpen = view.isSaving;
    try {
      await this.ask(view, lines, how ?? {});
      view.saved(lines);
    } catch (fault) {
      view.saveEnded();
      throw fault;
    } finally {
      if (!isOpen) {
        view.saveEnded();
      }
    }
  }

  private async ask(view: View, lines: string[], how: SendHow): Promise<void> {
    const result = await send(this.app, view, this.next, lines, how);
    if (!result) {
      return this.app.host.hint("askd: nothing to send: write a question at the end, or change one");
    }
    this.keepDraft(idOf(this.pathIn(view)), "");
    if (result.begun === undefined) {
      return;
    } else if (view.isSaving) {
      this.begun.set(view, result.begun);
    } else {
      await this.rename(view, result.begun);
    }
  }

  private pathIn(view: View): string {
    return decodeURIComponent(view.uri.slice(view.uri.lastIndexOf("/") + 1));
  }

  private async view(path: string): Promise<View> {
    const uri = this.uriOf(idOf(path));
    const known = this.views.get(this.moved.get(uri) ?? uri);
    if (known) {
      await known.first;
      return known;
    }
    const id = idOf(path);
    const view: View = new View(this.app, uri, {
      changed: () => this.files.changed(this.pathIn(view)),
      labels: () => this.next.labels(view.uri),
    });
    this.views.set(uri, view);
    if (isNew(id)) {
      view.begin(this.keptDraft(id));
    } else {
      view.adopt(id, this.keptDraft(id));
    }
    try {
      await within(FIRST_MS, view.first, "the daemon has not told the conversation yet");
    } catch (fault) {
      this.drop(uri);
      throw fault;
    }
    return view;
  }

  // -- saving

  private willSave(uri: string, isByUser: boolean): void {
    if (this.views.has(uri) && !isByUser) {
      this.unattended.add(uri);
    } else {
      this.unattended.delete(uri);
    }
  }

  private async saved(uri: string): Promise<void> {
    const view = this.views.get(uri);
    this.unattended.delete(uri);
    view?.saveEnded();
    const id = view && this.begun.get(view);
    if (view && id !== undefined) {
      this.begun.delete(view);
      await this.app.notify.protect(() => this.rename(view, id));
    }
  }

  // Nobody wants a question asked that is not finished: what the editor saves by itself is kept as a draft.
  private keep(view: View, lines: string[]): void {
    if (view.page.isChanged(lines)) {
      throw new AskdError("invalid_request", "what is changed above the draft is sent when you save it yourself");
    }
    const { draft } = view.page.parts(lines);
    this.keepDraft(idOf(this.pathIn(view)), draft.map((turn) => turn.text).join("\n\n"));
    view.saved(lines);
  }

  private keptDraft(id: string): string {
    return this.app.host.recall(`draft:${id}`) ?? "";
  }

  private keepDraft(id: string, text: string): void {
    this.app.host.remember(`draft:${id}`, text === "" ? undefined : text);
  }

  // -- opening and closing

  private opened(document: Document): void {
    const view = this.views.get(document.uri);
    view?.documentChanged(document);
    view?.remark();
  }

  // One whose language is changed is closed and opened at once.
  private closed(uri: string): void {
    if (!this.app.host.document(uri) && ![...this.moved.values()].includes(uri)) {
      this.drop(uri);
    }
  }

  private drop(uri: string): void {
    this.views.get(uri)?.dispose();
    this.views.delete(uri);
    this.next.forget(uri);
  }
}

// -- commands

/** `askd.chat`: of an id, "last", or a new one. The selection goes along with the first question. */
export async function chat(app: App, id?: string): Promise<void> {
  await app.chats.open(id);
}

/** `askd.send` and `askd.sendAgain`. */
export async function sendCommand(app: App, how: SendHow): Promise<void> {
  const view = app.chats.active;
  if (!view) {
    return app.notify.warn("this document is no chat: “askd: New Chat” opens one");
  }
  await app.chats.send(view, how).catch((fault) => app.notify.warn(asError(fault).message));
}
