// The part of the editor in memory that chats, lists and the status bar look at.
import { relative } from "node:path";
import type {
  ChatHost,
  Choice,
  Diagnostic,
  Disposable,
  Document,
  ModelSource,
  PickHow,
  Repository,
  StatusItem,
  ThreadAnswerer,
  Tree,
  TreeItem,
} from "../src/host_api";

export class Listeners<T> {
  private readonly all = new Set<(value: T) => void>();

  readonly add = (fn: (value: T) => void): Disposable => {
    this.all.add(fn);
    return { dispose: () => this.all.delete(fn) };
  };

  tell(value: T): void {
    [...this.all].forEach((fn) => fn(value));
  }

  get count(): number {
    return this.all.size;
  }
}

/** A list that waits for somebody to choose. */
export interface Offered {
  readonly title: string;
  readonly choices: readonly { label: string; description: string }[];
  readonly answer: (labels: readonly string[] | undefined) => void;
}

interface Save {
  uri: string;
  isByUser: boolean;
}

export abstract class FakeChats implements ChatHost {
  readonly offered: Offered[] = [];
  readonly hints: string[] = [];
  readonly status = { text: "", tooltip: "", isFault: false };
  readonly remembered = new Map<string, string>();
  readonly trees = new Map<string, () => Promise<TreeItem[]>>();
  readonly treeChanges: string[] = [];
  readonly diagnostics_ = new Map<string, Diagnostic[]>();
  readonly chosenFiles: string[][] = [];
  readonly progresses: { title: string; cancel: () => void }[] = [];
  repositories_: Repository[] | undefined;
  answerer: ThreadAnswerer | undefined;
  source: ModelSource | undefined;
  modelChanges = 0;
  isFocused = true;
  protected readonly chatListeners = {
    willSave: new Listeners<Save>(),
    saved: new Listeners<string>(),
  };

  abstract load(uri: string): Promise<Document>;
  abstract openUntitled(text: string, language: string): Document;
  abstract folders(): readonly string[];
  abstract save(uri: string): Promise<boolean>;
  abstract close(uri: string): void;
  abstract moveToEnd(uri: string): void;
  abstract tell(level: "info", text: string): void;

  // -- lists and words

  private async choose<T>(
    how: PickHow,
    given: readonly Choice<T>[] | Promise<readonly Choice<T>[]>,
  ): Promise<readonly T[] | undefined> {
    const all = await given;
    if (all.length === 0) {
      this.tell("info", `askd: ${how.none ?? `there is no ${how.title.toLowerCase()}`}`);
      return undefined;
    }
    const labels = await new Promise<readonly string[] | undefined>((answer) => {
      const choices = all.map(({ label, description }) => ({ label, description: description ?? "" }));
      this.offered.push({ title: how.title, choices, answer });
    });
    return labels?.map((label) => {
      const found = all.find((choice) => choice.label === label);
      if (!found) {
        throw new Error(`${label} is not offered`);
      }
      return found.value;
    });
  }

  async pick<T>(how: PickHow, given: readonly Choice<T>[] | Promise<readonly Choice<T>[]>): Promise<T | undefined> {
    return (await this.choose(how, given))?.[0];
  }

  pickMany<T>(
    how: PickHow,
    given: readonly Choice<T>[] | Promise<readonly Choice<T>[]>,
  ): Promise<readonly T[] | undefined> {
    return this.choose(how, given);
  }

  async openFiles(): Promise<string[] | undefined> {
    return this.chosenFiles.shift();
  }

  offer(text: string, buttons: readonly string[]): Promise<string | undefined> {
    return this.pick(
      { title: text },
      buttons.map((label) => ({ label, value: label })),
    );
  }

  hint(text: string): void {
    this.hints.push(text);
  }

  async progress(title: string, promise: Promise<unknown>, cancel: () => void): Promise<void> {
    const one = { title, cancel };
    this.progresses.push(one);
    await promise.catch(() => undefined);
    this.progresses.splice(this.progresses.indexOf(one), 1);
  }

  // -- documents

  async newDocument(text: string, language: string): Promise<void> {
    this.openUntitled(text, language);
  }

  fileUri(path: string, isNew: boolean): string {
    return `${isNew ? "untitled" : "file"}://${path}`;
  }

  labelOf(path: string): string {
    const folder = this.folders().find((each) => path.startsWith(`${each}/`));
    return folder ? relative(folder, path) : path;
  }

  async closeTabs(uri: string): Promise<void> {
    this.close(uri);
  }

  diagnostics(uri: string): readonly Diagnostic[] {
    return this.diagnostics_.get(uri) ?? [];
  }

  readonly onSaved = this.chatListeners.saved.add;

  onWillSave(fn: (uri: string, isByUser: boolean) => void): Disposable {
    return this.chatListeners.willSave.add(({ uri, isByUser }) => fn(uri, isByUser));
  }

  // -- the window

  tree(view: string, items: () => Promise<TreeItem[]>): Tree {
    this.trees.set(view, items);
    return { changed: () => void this.treeChanges.push(view), dispose: () => this.trees.delete(view) };
  }

  statusItem(): StatusItem {
    return { set: (shown) => void Object.assign(this.status, shown), dispose: () => undefined };
  }

  async repositories(): Promise<Repository[] | undefined> {
    return this.repositories_;
  }

  remember(key: string, value: string | undefined): void {
    if (value === undefined) {
      this.remembered.delete(key);
    } else {
      this.remembered.set(key, value);
    }
  }

  recall(key: string): string | undefined {
    return this.remembered.get(key);
  }

  participant(_id: string, fn: ThreadAnswerer): Disposable | undefined {
    this.answerer = fn;
    return { dispose: () => (this.answerer = undefined) };
  }

  models(_vendor: string, source: ModelSource): (Disposable & { changed(): void }) | undefined {
    this.source = source;
    return { changed: () => void this.modelChanges++, dispose: () => (this.source = undefined) };
  }
}
