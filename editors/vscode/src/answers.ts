// Answers as documents: askd:/answer/ID.md, read-only, which hold the text of the answer and nothing else. Whoever opens
// one sees all of it, as far as it has come, and on from there: also in a window that was opened anew.
import type { App } from "./app";
import type { Call } from "./client";
import type { Disposable, Lens, Look, OpenHow, OpenPages, Pages, PageStat } from "./host_api";
import { asError } from "./notify";
import type { Answer } from "./protocol";
import { Sink } from "./sink";
import { costOf, line } from "./words";

const FOLDER = "answer";
const FLUSH_MS = 50;
const FLUSH_BYTES_MS = 8192; // so many bytes of a text make the pause a millisecond longer: all of it is read anew
const FIRST_MS = 300; // that who opens a document waits for the first of its text

/** An answer that somebody looks at. */
class Page {
  pieces: Buffer[] = [];
  bytes = 0;
  version = 1;
  model = "";
  /** Above the text: who answers, and at the end what that took. */
  title = "";
  conversation: string | undefined;
  words: string | undefined; // beside the text
  isFault = false;
  call: Call<Answer> | undefined;
  sink: Sink | undefined;
  /** Settled once there is something to show, rejected where there is no such answer. */
  first: Promise<void> = Promise.resolve();

  constructor(
    readonly id: string,
    readonly uri: string,
    /** Somebody wants to see it now; else it may be one of a window that was opened anew. */
    readonly isAsked: boolean,
  ) {}

  data(): Buffer {
    const whole = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.bytes);
    this.pieces = [whole];
    return whole;
  }
}

function tookOf({ cached, usage, timing }: Answer): string {
  const seconds = timing?.total_ms === undefined ? undefined : `${(timing.total_ms / 1000).toFixed(1)} s`;
  return cached ? "cached" : [costOf(usage), seconds].filter(Boolean).join(", ");
}

const pathOf = (id: string): string => `${id}.md`;
const idOf = (path: string): string => path.replace(/\.md$/, "");

export class Answers implements Pages, Disposable {
  private readonly pages = new Map<string, Page>(); // by the document's address
  private readonly files: OpenPages;
  private readonly lenses: Disposable & { changed(): void };
  private readonly parts: Disposable[];

  constructor(private readonly app: App) {
    const { host } = app;
    this.files = host.pages(FOLDER, this);
    this.lenses = host.lenses(({ uri }) => this.lensesIn(uri));
    this.parts = [
      this.files,
      this.lenses,
      host.onDocumentOpen(({ uri }) => this.shown(uri)),
      host.onDocumentChange(({ document }) => this.shown(document.uri)),
      host.onDocumentClose((uri) => this.close(uri)),
    ];
  }

  dispose(): void {
    this.parts.forEach((part) => part.dispose());
    [...this.pages.keys()].forEach((uri) => this.close(uri));
  }

  // -- for others

  /** Shows an answer, running or ended; that it fails is told. */
  async show(id: string, how: OpenHow = {}): Promise<string> {
    const uri = this.uriOf(id);
    await this.page(id, true);
    const place = how.place ?? this.app.host.setting("answerPlace");
    await this.app.host.open(uri, { ...how, place, keepFocus: how.keepFocus ?? place === "beside" });
    return uri;
  }

  uriOf(id: string): string {
    return this.app.host.pageUri(FOLDER, pathOf(id));
  }

  /** What is known of the answer in a document; undefined: it is none. */
  at(uri: string): { id: string; model: string; conversation: string | undefined } | undefined {
    return this.pages.get(uri);
  }

  // -- files

  async stat(path: string): Promise<PageStat> {
    const page = await this.page(idOf(path));
    return { bytes: page.bytes, version: page.version, isReadonly: true };
  }

  async read(path: string): Promise<Uint8Array> {
    return (await this.page(idOf(path))).data();
  }

  private async page(id: string, isAsked = false): Promise<Page> {
    const uri = this.uriOf(id);
    let page = this.pages.get(uri);
    if (!page) {
      page = new Page(id, uri, isAsked);
      this.pages.set(uri, page);
      this.attach(page);
    }
    await page.first;
    return page;
  }

  // -- what comes in

  private attach(page: Page): void {
    let came: () => void = () => undefined;
    let failed: (fault: unknown) => void = () => undefined;
    page.first = new Promise((resolve, reject) => {
      came = resolve;
      failed = reject;
      setTimeout(resolve, FIRST_MS);
    });
    page.first.catch(() => undefined); // nobody may be waiting any more
    const sink = new Sink({
      text: (text) => {
        this.add(page, text);
        came();
      },
      clear: () => this.clear(page),
      state: (words, isFault) => this.setWords(page, words, isFault),
      pause: () => (page.bytes === 0 ? 0 : FLUSH_MS + page.bytes / FLUSH_BYTES_MS),
      start: (event) => {
        page.model = event.model;
        page.conversation = event.conversation;
        this.setTitle(page, `${event.provider}/${event.model}`);
      },
    });
    const call = this.app.client.stream("answer.attach", { answer: page.id }, sink);
    page.sink = sink;
    page.call = call;
    const running = this.app.running.add(page.uri, call);
    call.result
      .then(
        (answer) => {
          page.model = answer.model;
          page.conversation = answer.conversation;
          this.setTitle(page, `${answer.provider}/${answer.model}`, tookOf(answer));
          sink.end(answer);
        },
        (fault) => {
          sink.fail(fault);
          this.failed(page, fault, failed);
        },
      )
      .finally(() => {
        running.dispose();
        came();
      });
  }

  // One that there is not is no document; all others keep what came.
  private failed(page: Page, fault: unknown, refuse: (fault: unknown) => void): void {
    if (page.bytes === 0 && asError(fault).answer === undefined) {
      this.pages.delete(page.uri);
      refuse(fault);
    } else if (page.isAsked) {
      this.app.notify.error(fault);
    }
  }

  private add(page: Page, text: string): void {
    const piece = Buffer.from(text);
    page.pieces.push(piece);
    page.bytes += piece.length;
    this.changed(page);
  }

  private clear(page: Page): void {
    page.pieces = [];
    page.bytes = 0;
    this.changed(page);
  }

  private changed(page: Page): void {
    page.version++;
    this.files.changed(pathOf(page.id));
  }

  // -- what is shown

  // A comparison's documents stand side by side: this tells which is whose.
  private setTitle(page: Page, who: string, took = ""): void {
    page.title = line([who, took].filter(Boolean).join(" · "));
    this.lenses.changed();
  }

  private lensesIn(uri: string): Lens[] {
    const title = this.pages.get(uri)?.title;
    return title ? [{ line: 0, title, command: "", args: [] }] : [];
  }

  private setWords(page: Page, words: string | undefined, isFault: boolean): void {
    page.words = words;
    page.isFault = isFault;
    this.markEnd(page);
  }

  private markEnd({ uri, words, isFault }: Page): void {
    const document = this.app.host.document(uri);
    if (!document) {
      return;
    }
    const line = document.lineCount - 1;
    const end = { line, character: document.line(line).length };
    const look: Look = isFault ? "fault" : "note";
    this.app.host.mark(FOLDER, uri, words ? [{ look, range: { start: end, end }, words }] : []);
  }

  private shown(uri: string): void {
    const page = this.pages.get(uri);
    if (page) {
      this.markEnd(page);
      this.app.host.followEnd(uri);
    }
  }

  // The answer itself goes on.
  private close(uri: string): void {
    const page = this.pages.get(uri);
    this.pages.delete(uri);
    page?.call?.drop();
    page?.sink?.drop();
  }
}
