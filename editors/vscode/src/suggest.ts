// Suggestions at the cursor while one types: asked for once the keys pause. The editor shows them, and puts them in.
//
// A *suggestion* begins where the cursor was when it was asked for. As long as what was typed since is the beginning of it,
// the rest is given and nobody is asked; anything else ends it, at the provider too. There is at most one.
import type { App } from "./app";
import type { Call } from "./client";
import type { Cancellation, Disposable, Document, DocumentChange, Position } from "./host_api";
import { compare, endOf } from "./lines";
import { asError } from "./notify";
import type { Answer, Event } from "./protocol";

const SIDE_LINES = 400; // of the document before and behind the cursor; the daemon takes less
const SIDE_UNITS = 32 * 1024;
const STEP = 64; // the lines that are sent begin at a multiple of it, so that the text before the cursor only grows
const TYPED_LINES = 200; // that a suggestion is followed over
const UNANSWERED_MAX = 4; // with so many that were cancelled and are not confirmed, the daemon has other worries
const BUSY_MS = 50; // until it is looked again whether it has caught up
const UNWANTED_MS = 300; // one that nobody waits for any more, though it fits, is ended after that

interface Suggestion {
  readonly uri: string;
  readonly at: Position;
  readonly before: string; // in its line
  readonly behind: string;
  readonly linesBelow: number;
  text: string;
  call: Call<Answer> | undefined; // while it comes
  ended: Promise<void>;
  waiting: number; // who waits for its end
  unwanted: NodeJS.Timeout | undefined;
}

function beginning(text: string): string {
  const cut = text.slice(0, SIDE_UNITS);
  return cut.length < text.length ? cut.replace(/[\ud800-\udbff]$/, "") : cut;
}

function tail(text: string): string {
  return text.slice(-SIDE_UNITS).replace(/^[\udc00-\udfff]/, "");
}

/** The text before and behind a place in a document. */
export function sides(document: Document, at: Position): { prefix: string; suffix: string } {
  const first = Math.max(0, Math.floor((at.line - SIDE_LINES) / STEP) * STEP);
  const last = Math.min(document.lineCount - 1, at.line + SIDE_LINES);
  const end = { line: last, character: document.line(last).length };
  const plain = (text: string): string => text.replace(/\r\n/g, "\n");
  return {
    prefix: tail(plain(document.text({ start: { line: first, character: 0 }, end: at }))),
    suffix: beginning(plain(document.text({ start: at, end }))),
  };
}

/** Whether the time went by before somebody cancelled. */
function pause(ms: number, token: Cancellation): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(!token.isCancelled), ms);
    const listening = token.onCancel(() => end(false));
    const end = (isOver: boolean): void => {
      clearTimeout(timer);
      listening.dispose();
      resolve(isOver);
    };
  });
}

function cancelled(token: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    if (token.isCancelled) {
      resolve();
    } else {
      token.onCancel(resolve);
    }
  });
}

export class Suggestions implements Disposable {
  private current: Suggestion | undefined;
  private unanswered = 0; // calls
  private isMissing = false; // the daemon has no `complete`
  private told = new Set<string>(); // codes of errors, each of which is told once until one suggestion comes
  private readonly parts: Disposable[];

  constructor(private readonly app: App) {
    const { host } = app;
    this.parts = [
      host.suggester((document, at, isWanted, token) => this.suggest(document, at, isWanted, token)),
      host.onDocumentChange((change) => this.changed(change)),
      host.onCursor(({ document, selection }) => this.moved(document, selection.end)),
      host.onDocumentClose((uri) => this.closed(uri)),
    ];
  }

  dispose(): void {
    this.parts.forEach((part) => part.dispose());
    this.drop();
  }

  // -- what the editor asks for

  private async suggest(
    document: Document,
    at: Position,
    isWanted: boolean,
    token: Cancellation,
  ): Promise<string | undefined> {
    if (this.isMissing || this.app.host.setting("suggestOff").includes(document.language)) {
      return undefined;
    }
    const left = this.rest(document, at);
    const known = left === undefined || (left === "" && !this.current?.call) ? undefined : this.current;
    if (known) {
      return this.give(known, document, at, token);
    }
    this.drop();
    if (!(await pause(isWanted ? 0 : this.app.host.setting("suggestDelay"), token))) {
      return undefined;
    }
    while (this.unanswered >= UNANSWERED_MAX || this.app.client.isCongested) {
      if (!(await pause(BUSY_MS, token))) {
        return undefined;
      }
    }
    const asked = this.ask(document, at);
    return asked && this.give(asked, document, at, token);
  }

  // The editor takes a suggestion once, so it gets what is whole.
  private async give(
    s: Suggestion,
    document: Document,
    at: Position,
    token: Cancellation,
  ): Promise<string | undefined> {
    clearTimeout(s.unwanted);
    s.waiting++;
    await Promise.race([s.ended, cancelled(token)]);
    s.waiting--;
    if (s.waiting === 0 && s.call) {
      s.unwanted = setTimeout(() => this.drop(s), UNWANTED_MS);
    }
    return token.isCancelled || s !== this.current ? undefined : this.rest(document, at) || undefined;
  }

  // -- the one suggestion

  private drop(s = this.current): void {
    if (s) {
      clearTimeout(s.unwanted);
      s.call?.cancel();
      this.current = this.current === s ? undefined : this.current;
    }
  }

  // What was typed since the suggestion was asked for; undefined: the cursor is before that, or what is around has changed.
  private typedSince(s: Suggestion, document: Document, at: Position): string | undefined {
    if (document.uri !== s.uri || compare(at, s.at) < 0 || at.line > s.at.line + TYPED_LINES) {
      return undefined;
    } else if (document.lineCount - at.line !== s.linesBelow || document.line(at.line).slice(at.character) !== s.behind) {
      return undefined;
    } else if (document.line(s.at.line).slice(0, s.at.character) !== s.before) {
      return undefined;
    }
    return document.text({ start: s.at, end: at }).replace(/\r\n/g, "\n");
  }

  /** What is left of the suggestion behind the cursor; undefined: there is none, or it does not fit. */
  private rest(document: Document, at: Position): string | undefined {
    const s = this.current;
    const typed = s && this.typedSince(s, document, at);
    return typed !== undefined && s!.text.startsWith(typed) ? s!.text.slice(typed.length) : undefined;
  }

  // -- asking

  private ask(document: Document, at: Position): Suggestion | undefined {
    const { prefix, suffix } = sides(document, at);
    if (prefix.trim() === "" && suffix.trim() === "") {
      return undefined;
    }
    const line = document.line(at.line);
    const s: Suggestion = {
      uri: document.uri,
      at,
      before: line.slice(0, at.character),
      behind: line.slice(at.character),
      linesBelow: document.lineCount - at.line,
      text: "",
      call: undefined,
      ended: Promise.resolve(),
      waiting: 0,
      unwanted: undefined,
    };
    const { client, host } = this.app;
    const params = {
      model: host.setting("suggestModel") || undefined,
      prefix,
      suffix,
      language: document.language || undefined,
      buffer: `vscode:${process.pid}`,
    };
    this.current = s;
    this.unanswered++;
    s.call = client.stream("complete", params, { event: (event) => this.take(s, event) });
    s.ended = s.call.result
      .then(
        (answer) => this.whole(s, answer),
        (fault) => this.failed(s, fault),
      )
      .finally(() => {
        this.unanswered--;
        s.call = undefined;
        clearTimeout(s.unwanted);
      });
    return s;
  }

  private take(s: Suggestion, event: Event): void {
    if (event.type === "text") {
      s.text = (s.text + event.text).replace(/\r\n/g, "\n");
    } else if (event.type === "retry") {
      s.text = "";
    }
  }

  private whole(s: Suggestion, answer: Answer): void {
    s.text = answer.text.replace(/\r\n/g, "\n");
    this.told.clear();
  }

  private failed(s: Suggestion, fault: unknown): void {
    const { code } = asError(fault);
    if (this.current === s) {
      this.current = undefined;
    }
    if (code === "unknown_method") {
      this.isMissing = true;
      this.app.notify.warn("this daemon has no `complete`: nothing is suggested");
    } else if (code !== "cancelled" && !this.told.has(code)) {
      this.told.add(code);
      this.app.notify.error(fault);
    }
  }

  // -- what happens in the editor

  // What is typed along keeps the suggestion; anything else ends it, before the editor asks anew.
  private changed({ document, edits }: DocumentChange): void {
    const s = this.current;
    const last = edits[0];
    if (s && last && document.uri === s.uri) {
      const end = edits.length === 1 ? endOf(last.range.start, last.text) : undefined;
      if (!end || this.rest(document, end) === undefined) {
        this.drop();
      }
    }
  }

  private moved(document: Document, at: Position): void {
    if (this.current && this.rest(document, at) === undefined) {
      this.drop();
    }
  }

  private closed(uri: string): void {
    if (this.current?.uri === uri) {
      this.drop();
    }
  }
}
