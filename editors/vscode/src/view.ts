// What a document shows of its conversation (chat.ts opens it, page.ts is the text).
//
// All of it comes from the daemon, the same way whoever asked: conversation.watch tells that something changed,
// conversation.get what is there now, answer.attach how an answer goes on.
//
// The text has two copies. The *disk* is what the editor reads: a document that nobody has changed follows it. In one
// that somebody writes in, what comes is put in by edits above the draft. What is saved becomes the disk, and a question.
import type { App } from "./app";
import { Tree } from "./branch";
import type { Call, Watch } from "./client";
import type { Disposable, Document, Edit, Mark, Position } from "./host_api";
import { splitLines } from "./lines";
import { DRAFT, Page, changeOf, draftLines, type Sent, type State } from "./page";
import { AskdError, type Answer, type Change, type Conversation, type Message } from "./protocol";
import { Sink } from "./sink";
import { costOf } from "./words";

const FLUSH_MS = 50;
const FLUSH_BYTES_MS = 8192; // so many bytes of a page make the pause a millisecond longer: all of it is read anew
const OWNER = "conversation";

/** A question that the daemon has taken. */
export interface Taken extends Sent {
  message: string;
  answer: string;
}

/** What a view needs of whoever opened it. */
export interface Surroundings {
  /** Whoever shows the disk reads it anew. */
  changed(view: View): void;
  /** What is attached to the next question, for people. */
  labels(view: View): string[];
}

// The answer that streams in.
interface Flow {
  answer: string;
  message: string;
  call: Call<Answer>;
  sink: Sink;
  running: Disposable;
}

export class View implements Disposable {
  /** Undefined: of a new one, which the daemon does not know yet. */
  conversation: string | undefined;
  title = "";
  /** What was asked for with `askd.model`; undefined: what holds elsewhere. */
  model: string | undefined;
  tree = new Tree();
  readonly page = new Page();
  /** A question is on its way. */
  isSending = false;
  /** The document is being saved: what it shows then is not known yet. */
  isSaving = false;
  disk = DRAFT;
  /** Tells one disk from another for the editor, which looks at sizes. */
  size = 0;

  private tip: string | undefined; // the last message that is shown
  private readonly running = new Map<string, string>(); // answers by message
  private readonly left = new Set<string>(); // messages that the user went away from while they ran
  private flow: Flow | undefined;
  private wanted: string | undefined; // a message whose branch the user asked for
  private elsewhere: string | undefined; // one that somebody has just begun
  private headSeen: string | undefined;
  private taken: Taken | undefined; // until it is shown
  private note: string | undefined;
  private state: { words: string; isFault: boolean } | undefined; // of the answer, beside its text
  private watch: Watch | undefined;
  private isReading = false;
  private reading: Promise<void> | undefined; // the last time that it was
  private isAgain = false; // something changed while it was read
  private isClosed = false;
  private diskState: State;
  private documentState: State;
  private diskSent: Sent | undefined;
  private documentSent: Sent | undefined;
  private isPutting = false;
  private isPutAgain = false;
  private goesToEnd = false;
  private ready!: { resolve(): void; reject(fault: unknown): void };
  /** Settled once there is something to show. */
  readonly first: Promise<void>;

  constructor(
    private readonly app: App,
    public uri: string,
    private readonly around: Surroundings,
  ) {
    this.diskState = this.documentState = this.page.state;
    this.first = new Promise((resolve, reject) => {
      this.ready = { resolve, reject };
    });
    this.first.catch(() => undefined); // nobody may be waiting
    this.setDisk(DRAFT);
  }

  /** Whether an answer streams in, or has ended and is no message yet that a question could follow. */
  get isRunning(): boolean {
    return this.flow !== undefined || this.page.running !== undefined;
  }

  /** Waits until what has just ended was read. */
  async caughtUp(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.reading; ) {
      last = this.reading;
      await last;
    }
  }

  /** What the next question goes to, as far as it is known. */
  get askedModel(): string | undefined {
    return this.model ?? [...this.page.messages].reverse().find((message) => message.model)?.model ?? undefined;
  }

  get shownTip(): string | undefined {
    return this.tip;
  }

  // -- its life

  /** A new one, in which nothing was asked. */
  begin(draft: string): void {
    this.setDisk(draftLines(draft));
    this.ready.resolve();
  }

  /** From here on it shows that conversation. draft: what was kept of an earlier one. */
  adopt(id: string, draft = ""): void {
    this.conversation = id;
    if (draft !== "") {
      this.setDisk(draftLines(draft));
    }
    this.watch = this.app.client.watch(id, (change) => this.onChange(change));
    void this.readRunning();
  }

  /** Shows nothing more; what runs goes on. */
  dispose(): void {
    this.isClosed = true;
    this.watch?.stop();
    this.leaveFlow();
    this.app.host.mark(OWNER, this.uri, []);
  }

  // -- what the daemon tells

  private onChange(change: Change): void {
    if (this.isClosed) {
      return;
    }
    switch (change.type) {
      case "answer":
        this.running.set(change.message!, change.answer!);
        this.elsewhere = this.flow ? undefined : change.message;
        return this.refresh();
      case "ended":
        if (this.flow?.answer !== change.answer) {
          this.running.delete(change.message!);
        }
        return this.refresh();
      case "message":
      case "head":
      case "restored":
        return this.refresh();
      case "title":
        this.title = change.title ?? "";
        return;
      case "deleted":
        this.note = "this conversation was deleted; askctl conv undo has it back";
        return this.remark();
      case "lost":
        return void this.readRunning();
      case "failed":
        this.ready.reject(change.error);
        if (change.error?.code !== "not_found") {
          this.app.notify.error(change.error); // that is told where the conversation is read
        }
    }
  }

  /** Which answers run in the conversation, then all of it. */
  private async readRunning(): Promise<void> {
    try {
      const all = await this.app.client.request("answer.list", { state: "running" });
      const own = all.filter((entry) => entry.conversation === this.conversation);
      const maps = await Promise.all(
        own.map(({ answer }) => this.app.client.request("answer.get", { answer }).catch(() => undefined)),
      );
      for (const map of maps) {
        if (map?.message && map.state === "running") {
          this.running.set(map.message, map.answer);
        }
      }
    } catch (fault) {
      this.ready.reject(fault);
      return this.isClosed ? undefined : this.app.notify.error(fault);
    }
    this.refresh();
  }

  /** Reads the conversation: once at a time, and again where something changed meanwhile. */
  refresh(): void {
    if (this.isClosed || !this.conversation) {
      return;
    }
    if (this.isReading || this.isSending) {
      this.isAgain = true;
      return;
    }
    this.isReading = true;
    this.reading = this.app.notify.guard(() => this.read());
  }

  private async read(): Promise<void> {
    let conversation: Conversation;
    try {
      conversation = await this.app.client.request("conversation.get", { conversation: this.conversation });
    } catch (fault) {
      this.isReading = this.isAgain = false;
      this.ready.reject(fault);
      return this.isClosed ? undefined : this.app.notify.error(fault);
    }
    this.isReading = false;
    if (!this.isClosed && !this.isSending) {
      this.take(conversation);
    }
    if (this.isAgain && !this.isSending) {
      this.isAgain = false;
      this.refresh();
    }
  }

  private take(conversation: Conversation): void {
    this.tree = new Tree(conversation);
    this.title = conversation.title ?? "";
    const taken = this.taken && this.tree.get(this.taken.message) ? this.taken : undefined;
    if (taken) {
      this.taken = undefined;
      this.wanted = taken.message;
    }
    this.show(taken, conversation.system ?? undefined);
    this.ready.resolve();
    if (taken && !this.flow) {
      void this.tellFailure(taken.answer);
    }
  }

  // Of an answer that ended before it could be attached to.
  private async tellFailure(answer: string): Promise<void> {
    const map = await this.app.client.request("answer.get", { answer }).catch(() => undefined);
    if (map?.error) {
      this.state = { words: `[${map.error.code}: ${map.error.message}]`, isFault: true };
      this.app.notify.error(AskdError.of(map.error));
      this.remark();
    }
  }

  // -- which branch is shown

  private get hasDraft(): boolean {
    const document = this.changedDocument();
    return document
      ? this.page.hasDraft(linesIn(document), this.documentState)
      : this.page.hasDraft(this.disk, this.diskState);
  }

  private goesOn(message: string): boolean {
    return this.tip === undefined || this.tree.leadsTo(this.tip, message);
  }

  // The newest running message behind what is shown; with nothing shown yet, the newest of all.
  private runningBehind(): string | undefined {
    const isRunning = (message: Message): boolean => message.state === "running" && this.running.has(message.id);
    return [...this.tree.messages].reverse().find((message) => isRunning(message) && this.goesOn(message.id))?.id;
  }

  // Where the head went since we last saw it, unless that would take away the ground under what the user writes.
  private movedHead(): string | undefined {
    const head = this.tree.head;
    if (head === undefined || head === this.headSeen || this.left.has(head) || !(this.goesOn(head) || !this.hasDraft)) {
      return undefined;
    }
    this.headSeen = head;
    return head;
  }

  // A branch that somebody has just begun elsewhere in the tree.
  private begunElsewhere(id: string | undefined): string | undefined {
    return this.tree.get(id)?.state === "running" && !this.hasDraft ? id : undefined;
  }

  private target(): string | undefined {
    const { wanted, elsewhere } = this;
    this.wanted = this.elsewhere = undefined;
    if (wanted !== undefined && this.tree.get(wanted)) {
      this.headSeen = this.tree.head;
      return wanted;
    }
    const last = this.tree.messages[this.tree.messages.length - 1];
    return (
      this.runningBehind() ??
      this.begunElsewhere(elsewhere) ??
      this.movedHead() ??
      (this.tree.get(this.tip) ? this.tip : undefined) ??
      this.tree.head ??
      (last && this.tree.tip(last.id))
    );
  }

  /** Shows another branch, and says so to all that look at the conversation. */
  async goTo(message: string): Promise<void> {
    if (this.flow) {
      this.left.add(this.flow.message);
      this.leaveFlow();
    }
    this.wanted = message;
    try {
      await this.app.client.request("conversation.head", { conversation: this.conversation, message });
    } finally {
      this.refresh();
    }
  }

  // -- what is shown

  // Shows the branch that is due, and has the running answer at its end stream in.
  private show(taken: Taken | undefined, system: string | undefined): void {
    if (this.flow && !taken) {
      return; // at its end all is looked at anew
    }
    const path = this.tree.path(this.target());
    const last = path[path.length - 1];
    if (taken || last?.id !== this.tip || last?.state !== "failed") {
      this.state = undefined; // but for why the answer that is shown failed
    }
    this.page.advance(path, system);
    this.tip = last?.id;
    if (taken) {
      this.diskSent = this.documentSent = taken;
      this.goesToEnd = true;
    }
    this.follow(last);
    this.put();
  }

  private follow(message: Message | undefined): void {
    const answer = message?.state === "running" ? this.running.get(message.id) : undefined;
    if (!message || answer === undefined) {
      return;
    }
    const sink = new Sink({
      text: (text) => {
        this.page.flow.take(text);
        this.put();
      },
      clear: () => {
        this.page.flow.clear();
        this.put();
      },
      state: (words, isFault) => {
        this.state = words === undefined ? undefined : { words, isFault };
        this.remark();
      },
      pause: () => (this.page.flow.isEmpty ? 0 : FLUSH_MS + this.size / FLUSH_BYTES_MS),
    });
    const call = this.app.client.stream("answer.attach", { answer }, sink);
    const flow = { answer, message: message.id, call, sink, running: this.app.running.add(this.uri, call) };
    this.flow = flow;
    call.result.then(
      (map) => this.ended(flow, () => sink.end(map)),
      (fault) =>
        this.ended(flow, () => {
          sink.fail(fault);
          this.app.notify.error(fault);
        }),
    );
  }

  private ended(flow: Flow, tell: () => void): void {
    if (this.flow !== flow || this.isClosed) {
      return;
    }
    tell();
    this.flow = undefined;
    this.running.delete(flow.message);
    flow.running.dispose();
    this.refresh();
  }

  // The answer goes on, but is not shown any longer.
  private leaveFlow(): void {
    this.flow?.call.drop();
    this.flow?.sink.drop();
    this.flow?.running.dispose();
    this.flow = undefined;
    this.state = undefined;
  }

  // -- the copies

  private setDisk(lines: string[]): void {
    const size = Buffer.byteLength(lines.join("\n"));
    this.size = size === this.size && lines !== this.disk ? size + 1 : size;
    this.disk = lines;
  }

  /** What is read of it. */
  data(): Uint8Array {
    return Buffer.from(this.disk.join("\n"));
  }

  // The document, where it holds something that was not saved.
  private changedDocument(): Document | undefined {
    const document = this.app.host.document(this.uri);
    return document?.isDirty ? document : undefined;
  }

  /** The text as the user sees it. */
  lines(): string[] {
    const document = this.app.host.document(this.uri);
    return document ? linesIn(document) : this.disk;
  }

  /** Puts what is known into both copies: once at a time, and again where more came meanwhile. */
  private put(): void {
    this.app.notify.protect(() => this.putAll());
  }

  private async putAll(): Promise<void> {
    if (this.isPutting || this.isSaving || this.isClosed) {
      this.isPutAgain = true;
      return;
    }
    this.isPutting = true;
    try {
      do {
        this.isPutAgain = false;
        await this.putOnce();
      } while (this.isPutAgain && !this.isSaving && !this.isClosed);
    } finally {
      this.isPutting = false;
    }
    this.remark();
  }

  private async putOnce(): Promise<void> {
    const document = this.changedDocument();
    const now = this.page.state;
    const disk = this.page.brought(this.disk, this.diskState, this.diskSent);
    if (disk) {
      this.diskState = now;
      this.diskSent = undefined;
    }
    const isNew = disk !== undefined && changeOf(this.disk, disk) !== undefined;
    if (isNew) {
      this.setDisk(disk);
    }
    if (document) {
      await this.putInto(document, now);
    } else {
      this.setNote(disk === undefined);
      this.documentSent = undefined;
      if (isNew) {
        this.around.changed(this);
      } else {
        this.wentOn();
      }
    }
  }

  private async putInto(document: Document, now: State): Promise<void> {
    const old = linesIn(document);
    const sent = this.documentSent;
    const lines = this.page.brought(old, this.documentState, sent);
    this.setNote(lines === undefined);
    const change = lines && changeOf(old, lines);
    if (change && !(await this.app.host.edit(this.uri, [editOf(old, change)]))) {
      this.isPutAgain = true; // somebody was typing
      await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    } else if (lines) {
      this.documentState = now;
      this.documentSent = this.documentSent === sent ? undefined : this.documentSent;
      this.wentOn();
    }
  }

  /** The document was changed, by its user or by the disk. */
  documentChanged(document: Document): void {
    if (!document.isDirty && document.text().replace(/\r\n/g, "\n") === this.disk.join("\n")) {
      this.documentState = this.diskState;
      this.wentOn();
      this.remark();
    }
  }

  /** What was saved is the disk now; what it asks for, send.ts has told the daemon. */
  saved(lines: string[]): void {
    this.diskState = this.page.state;
    this.setDisk(lines);
  }

  /** It was saved, whatever came of it. */
  saveEnded(): void {
    this.isSaving = false;
    if (this.isPutAgain) {
      this.put();
    }
  }

  private wentOn(): void {
    if (this.goesToEnd) {
      this.goesToEnd = false;
      this.app.host.moveToEnd(this.uri);
    }
    this.app.host.followEnd(this.uri);
  }

  /** The daemon has taken it: from here on it is one that somebody asked. */
  wasTaken(taken: Taken, isRunning: boolean): void {
    this.isSending = false;
    this.isAgain = false;
    this.taken = taken;
    if (isRunning) {
      this.running.set(taken.message, taken.answer);
    }
    if (this.conversation) {
      this.refresh();
    }
  }

  /** The daemon has not. */
  wasRefused(): void {
    this.isSending = false;
    if (this.isAgain) {
      this.isAgain = false;
      this.refresh();
    }
  }

  // -- what is shown beside the text

  private setNote(isChanged: boolean): void {
    this.note = isChanged
      ? "changed elsewhere; what is changed here stays. File: Revert File reads it anew"
      : undefined;
  }

  private remarkOf(message: Message): string {
    const words: string[] = [];
    const { all, at } = this.tree.siblings(message.id);
    if (all.length > 1) {
      words.push(`${at + 1}/${all.length}`);
    }
    if (message.role === "assistant" && message.state && message.state !== "done") {
      words.push(message.state);
    }
    const cost = costOf(message.usage);
    return (cost === undefined ? words : [...words, cost]).join(" · ");
  }

  /** Puts remarks behind the headings, and the answer's state and what is attached behind that of the draft. */
  remark(): void {
    const lines = this.lines();
    const headings = this.page.headings(lines);
    if (this.isClosed || !this.app.host.document(this.uri)) {
      return;
    }
    const marks: Mark[] = [];
    const add = (line: number, words: string, look: Mark["look"] = "note"): void => {
      const end = { line, character: lines[line]?.length ?? 0 };
      marks.push({ look, range: { start: end, end }, words });
    };
    headings?.turns.forEach((turn, i) => {
      const message = this.page.messages[i]!;
      const words = this.remarkOf(message);
      if (words !== "") {
        add(turn.first, words);
      }
    });
    const draft = headings?.draft ?? lines.length - 1;
    if (this.state) {
      add(Math.max(draft - 1, 0), this.state.words, this.state.isFault ? "fault" : "note");
    }
    const below = [...(this.note ? [this.note] : []), ...this.around.labels(this)];
    if (below.length > 0) {
      add(draft, below.join(" · "));
    }
    this.app.host.mark(OWNER, this.uri, marks);
  }
}

export function linesIn(document: Document): string[] {
  return splitLines(document.text());
}

/** A change of lines, as an edit of the document that holds them. */
export function editOf(old: string[], { from, to, lines }: { from: number; to: number; lines: string[] }): Edit {
  const endOf = (line: number): Position => ({ line, character: old[line]!.length });
  if (to < old.length) {
    const text = lines.map((line) => line + "\n").join("");
    return { range: { start: { line: from, character: 0 }, end: { line: to, character: 0 } }, text };
  }
  const end = endOf(old.length - 1);
  if (from === 0) {
    return { range: { start: { line: 0, character: 0 }, end }, text: lines.join("\n") };
  }
  return { range: { start: endOf(from - 1), end }, text: lines.map((line) => "\n" + line).join("") };
}
