// A change to some lines of a document that is shown before it is made: in a diff beside what there is, and by marks in
// the document itself. Its text stays as it is until the change is accepted, which is one step of undo. The lines are
// followed while others are edited; edits to the lines themselves make it unacceptable, and readable still.
import type { App } from "./app";
import { hunksOf, type Hunk } from "./diff";
import type { Disposable, Document, DocumentChange, Edit, Lens, Mark, OpenPages, Pages, PageStat, Range } from "./host_api";
import { shift, type Lines } from "./lines";
import { linesText } from "./material";
import { AskdError } from "./protocol";

const FOLDER = "change";
const DRAW_MS = 60;
const DRAW_BYTES_MS = 8192; // so many bytes of a text make the pause a millisecond longer: all of it is read anew
const WHOLE_MAX = 10000; // lines of a document that a diff shows all of; of larger ones what is around the change
const AROUND = 100; // lines
const NEAR = 2000; // lines before and behind the place where its lines are looked for

export interface ChangeHow {
  /** What it is, in a word. */
  readonly title: string;
  /** Ends what still writes it. */
  stop?(): void;
  onEnd?(what: "accepted" | "rejected"): void;
}

type State = "writing" | "ready" | "failed" | "over";

const WORDS: Record<Exclude<State, "over">, string> = {
  writing: "being written …",
  ready: "accept or reject it",
  failed: "it is not whole; reject it",
};

export class Change {
  state: State = "writing";
  private text = "";
  private coming: (() => string) | undefined; // the text as far as it is written
  private hunks: readonly Hunk[] = []; // of the whole text
  private isIntact = true;
  private readonly old: readonly string[];
  private timer: NodeJS.Timeout | undefined;
  /** Grows with each change of what the diff shows. */
  version = 1;
  readonly uri: string;
  readonly name: string;

  constructor(
    private readonly changes: Changes,
    readonly number: number,
    document: Document,
    public lines: Lines,
    private readonly how: ChangeHow,
  ) {
    this.uri = document.uri;
    this.name = /[^/]*$/.exec(document.label)![0];
    const { first, last } = lines;
    this.old = Array.from({ length: last - first + 1 }, (_, i) => document.line(first + i));
  }

  private get document(): Document | undefined {
    return this.changes.app.host.document(this.uri);
  }


  private get new(): string[] {
    return this.text === "" ? [] : this.text.split("\n");
  }

  private isAt(document: Document, first: number): boolean {
    return (
      first >= 0 &&
      first + this.old.length <= document.lineCount &&
      this.old.every((line, i) => document.line(first + i) === line)
    );
  }

  // Looks for its lines where they should be, or else near by: what was cut and put in again is not followed.
  private find(document: Document): boolean {
    const { first } = this.lines;
    const from = Math.max(0, first - NEAR);
    const near = this.isAt(document, first)
      ? [first]
      : Array.from({ length: 2 * NEAR }, (_, i) => from + i).filter((line) => this.isAt(document, line));
    this.isIntact = near.length === 1;
    if (this.isIntact) {
      this.lines = { first: near[0]!, last: near[0]! + this.old.length - 1 };
    }
    return this.isIntact;
  }

  // -- how it comes to be

  /** There is more of it: text() is called when that is shown. */
  update(text: () => string): void {
    if (this.state === "writing") {
      this.coming = text;
      this.drawLater();
    }
  }

  /** The whole text: from now on it can be accepted. */
  finish(text: string): void {
    if (this.state === "writing") {
      this.coming = undefined;
      this.text = text;
      this.hunks = hunksOf(this.old, this.new);
      this.state = "ready";
      this.draw();
    }
  }

  /** It did not become whole; what came stays to be read. */
  fail(): void {
    if (this.state === "writing") {
      this.state = "failed";
      this.draw();
    }
  }

  // -- what becomes of it

  /** Makes the change; why it cannot be made. */
  async accept(): Promise<string | undefined> {
    const { document } = this;
    if (this.state === "writing") {
      return "it is still being written: wait, or reject it";
    } else if (this.state === "failed") {
      return "it is not whole, so it cannot be accepted: reject it, and ask again";
    } else if (this.state === "over" || !document) {
      return "there is nothing to accept any more";
    } else if (!this.find(document)) {
      return "its lines were edited meanwhile, so it does not fit any more: undo that, or reject it";
    }
    const edits = this.hunks.map((hunk) => this.editOf(document, hunk));
    this.changes.forget(this); // before the edit, which would be one to its lines
    if (edits.length > 0 && !(await this.changes.app.host.edit(this.uri, edits))) {
      this.changes.remember(this);
      return "the editor did not take it";
    }
    this.end("accepted");
    return undefined;
  }

  reject(): void {
    if (this.state === "writing") {
      this.how.stop?.();
    }
    this.end("rejected");
  }

  private end(what: "accepted" | "rejected"): void {
    if (this.state === "over") {
      return;
    }
    this.state = "over";
    clearTimeout(this.timer);
    this.changes.forget(this);
    this.how.onEnd?.(what);
  }

  // Whole lines go and come; the last line of a document has no end of its own.
  private editOf(document: Document, { oldFirst, oldCount, newFirst, newCount }: Hunk): Edit {
    const lines = this.new.slice(newFirst, newFirst + newCount);
    const first = this.lines.first + oldFirst;
    const behind = first + oldCount;
    const endOf = (line: number): Range["end"] => ({ line, character: document.line(line).length });
    const start = { line: first, character: 0 };
    if (oldCount > 0 && newCount > 0) {
      return { range: { start, end: endOf(behind - 1) }, text: lines.join("\n") };
    } else if (behind < document.lineCount) {
      const end = { line: behind, character: 0 };
      return { range: { start, end }, text: lines.map((line) => `${line}\n`).join("") };
    }
    const last = endOf(document.lineCount - 1);
    const from = oldCount === 0 ? last : first > 0 ? endOf(first - 1) : start;
    return { range: { start: from, end: last }, text: lines.map((line) => `\n${line}`).join("") };
  }

  // -- what is shown

  get pagePath(): string {
    return `${this.number}/new/${this.name}`;
  }

  get title(): string {
    return `${this.name}: ${this.how.title}`;
  }

  /** Whether the diff shows all of the document. */
  get isWhole(): boolean {
    return (this.document?.lineCount ?? 0) <= WHOLE_MAX;
  }

  private get around(): Lines {
    const last = (this.document?.lineCount ?? 1) - 1;
    const { first, last: end } = this.lines;
    return this.isWhole ? { first: 0, last } : { first: Math.max(0, first - AROUND), last: Math.min(last, end + AROUND) };
  }

  /** The side of the diff with what there is, where that is not the document itself. */
  get before(): string {
    return this.document ? linesText(this.document, this.around) : this.old.join("\n");
  }

  /** The side with what would be. Of one that is being written, what it has not come to yet stays. */
  get after(): string {
    const { document } = this;
    if (!document) {
      return this.text;
    }
    const { first, last } = this.around;
    const { first: from, last: to } = this.lines;
    const before = from > first ? linesText(document, { first, last: from - 1 }) : "";
    const behind = to < last ? linesText(document, { first: to + 1, last }) : "";
    const isEnd = last === document.lineCount - 1;
    const whole = before + this.shownLines.map((line) => `${line}\n`).join("") + behind;
    return isEnd ? whole.replace(/\n$/, "") : whole;
  }

  private get shownLines(): string[] {
    const lines = this.new;
    return this.state === "writing" ? [...lines, ...this.old.slice(lines.length)] : lines;
  }

  /** Its first line on the side with what would be. */
  get firstShown(): number {
    return this.lines.first - this.around.first;
  }

  private drawLater(): void {
    this.timer ??= setTimeout(() => this.draw(), DRAW_MS + this.text.length / DRAW_BYTES_MS);
  }

  private draw(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.state !== "over") {
      const { document } = this;
      if (document) {
        this.find(document);
      }
      this.text = this.coming?.() ?? this.text;
      this.coming = undefined;
      this.version++;
      this.changes.draw(this);
    }
  }

  marks(): Mark[] {
    const { document, state } = this;
    if (!document || state === "over") {
      return [];
    }
    const at = (line: number): number => Math.min(line, document.lineCount - 1);
    const whole = (first: number, last: number): Range => ({
      start: { line: at(first), character: 0 },
      end: { line: at(last), character: document.line(at(last)).length },
    });
    const { first, last } = this.lines;
    const end = whole(first, first).end;
    const look = state === "failed" ? "fault" : "note";
    const words = `${this.how.title}: ${WORDS[state]}`;
    const going = state === "ready" && this.isIntact ? this.hunks : [];
    return [
      { look, range: { start: end, end }, words },
      { look: "part", range: whole(first, last) },
      ...going
        .filter(({ oldCount }) => oldCount > 0)
        .map(({ oldFirst: from, oldCount: count }): Mark => {
          return { look: "going", range: whole(first + from, first + from + count - 1) };
        }),
    ];
  }

  lenses(line: number): Lens[] {
    const accept = { line, title: "$(check) Accept", command: "askd.accept", args: [this.number] };
    const reject = { line, title: "$(close) Reject", command: "askd.reject", args: [this.number] };
    return this.state === "ready" ? [accept, reject] : [reject];
  }

  /** Edits of the document. */
  follow({ edits }: DocumentChange): void {
    const lastLength = this.old[this.old.length - 1]!.length;
    for (const edit of edits) {
      this.lines = shift(this.lines, edit, lastLength);
    }
    this.drawLater();
  }
}

interface Page {
  readonly path: string;
  readonly version: number;
  readonly data: Uint8Array;
}

export class Changes implements Pages, Disposable {
  private readonly all = new Map<number, Change>();
  private readonly files: OpenPages;
  private readonly lenses: Disposable & { changed(): void };
  private readonly parts: Disposable[];
  private next = 1;
  private page_: Page | undefined; // that was looked at last

  constructor(readonly app: App) {
    const { host } = app;
    this.files = host.pages(FOLDER, this);
    this.lenses = host.lenses((document) => this.lensesIn(document));
    this.parts = [
      this.files,
      this.lenses,
      host.onDocumentChange((change) => this.in(change.document.uri).forEach((each) => each.follow(change))),
      host.onDocumentClose((uri) => void setImmediate(() => this.closed(uri))),
    ];
  }

  dispose(): void {
    [...this.all.values()].forEach((change) => change.reject());
    this.parts.forEach((part) => part.dispose());
  }

  // -- for others

  /** A change to lines of a document, of which nothing is known yet, and its diff. */
  open(document: Document, lines: Lines, how: ChangeHow): Change {
    const change = new Change(this, this.next++, document, lines, how);
    this.remember(change);
    this.draw(change);
    this.app.notify.protect(() => this.showDiff(change));
    return change;
  }

  private async showDiff(change: Change): Promise<void> {
    const { host } = this.app;
    const before = change.isWhole ? change.uri : host.pageUri(FOLDER, `${change.number}/old/${change.name}`);
    await host.showDiff(before, this.pageOf(change), change.title);
  }

  /** The change that a command means: that of the diff in sight, the one under the cursor, or else the only one of the
   *  document. A string: there is none such. */
  wanted(number: unknown): Change | string {
    const named = typeof number === "number" ? this.all.get(number) : undefined;
    if (named) {
      return named;
    }
    const editor = this.app.host.activeEditor();
    const uri = editor?.document.uri ?? "";
    const all = [...this.all.values()];
    const mine = all.filter((change) => change.uri === uri);
    const line = editor?.selection.end.line ?? -1;
    const found =
      all.find((change) => this.pageOf(change) === uri) ??
      mine.find(({ lines }) => line >= lines.first && line <= lines.last) ??
      (mine.length === 1 ? mine[0] : undefined);
    return (
      found ??
      (mine.length === 0
        ? "there is no change to accept or reject here"
        : `there are ${mine.length} changes: put the cursor on one`)
    );
  }

  // -- for Change

  remember(change: Change): void {
    this.all.set(change.number, change);
  }

  forget(change: Change): void {
    if (this.all.delete(change.number)) {
      this.drawMarks(change.uri);
      this.app.notify.protect(() => this.app.host.closeDiff(this.pageOf(change)));
    }
  }

  draw(change: Change): void {
    this.files.changed(change.pagePath);
    this.drawMarks(change.uri);
  }

  private drawMarks(uri: string): void {
    this.app.host.mark(FOLDER, uri, this.in(uri).flatMap((change) => change.marks()));
    this.lenses.changed();
  }

  // -- what is asked of us

  private pageOf(change: Change): string {
    return this.app.host.pageUri(FOLDER, change.pagePath);
  }

  private in(uri: string): Change[] {
    return [...this.all.values()].filter((change) => change.uri === uri);
  }

  private lensesIn({ uri }: Document): Lens[] {
    const beside = [...this.all.values()].filter((change) => this.pageOf(change) === uri);
    return [
      ...this.in(uri).flatMap((change) => change.lenses(change.lines.first)),
      ...beside.flatMap((change) => change.lenses(change.firstShown)),
    ];
  }

  // A change ends with its document, at the provider too.
  private closed(uri: string): void {
    if (!this.app.host.document(uri)) {
      this.in(uri).forEach((change) => change.reject());
    }
  }

  async stat(path: string): Promise<PageStat> {
    const { version, data } = this.page(path);
    return { bytes: data.length, version, isReadonly: true };
  }

  async read(path: string): Promise<Uint8Array> {
    return this.page(path).data;
  }

  private page(path: string): Page {
    const [, number, side] = /^(\d+)\/(old|new)\//.exec(path) ?? [];
    const change = this.all.get(Number(number));
    if (!change) {
      throw new AskdError("not_found", "there is no such change any more");
    }
    const known = this.page_;
    if (known?.path !== path || known.version !== change.version) {
      const data = Buffer.from(side === "old" ? change.before : change.after);
      this.page_ = { path, version: change.version, data };
    }
    return this.page_!;
  }
}
