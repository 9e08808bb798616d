// Where the text of one answer goes: events in, text and a word about its state out. Text is handed on at intervals that
// its owner chooses, however fast it comes. What a model writes is data: nothing of it is ever carried out.
import type { StreamEvents } from "./client";
import { asError } from "./notify";
import type { Answer, Event } from "./protocol";

export interface SinkOut {
  text(text: string): void;
  /** All that came so far is void: somebody else is asked. */
  clear(): void;
  /** What is to be shown beside the text; undefined: nothing. */
  state(words: string | undefined, isFault: boolean): void;
  /** Milliseconds until the next text is handed on. */
  pause(): number;
  start?(event: Event & { type: "start" }, answer: string): void;
}

const WAITING = "… waiting";

export class Sink implements StreamEvents {
  private pending: string[] = [];
  private hasText = false;
  private held = ""; // a CR, until it is known whether a line feed follows
  private timer: NodeJS.Timeout | undefined;
  private shown: string | undefined;
  private answer = "";

  constructor(private readonly out: SinkOut) {
    this.state(WAITING);
  }

  event(event: Event, _seq: number, answer: string): void {
    switch (event.type) {
      case "start":
        this.answer = answer;
        this.state(WAITING);
        return this.out.start?.(event, answer);
      case "text":
        this.take(event.text);
        return this.state("…");
      case "reasoning":
        return this.state("… thinking");
      case "image":
        return this.take(`[${event.mime}, ${event.data.length} bytes: askctl attach ${this.answer}]\n`);
      case "progress":
        return this.state(`… ${event.message}`);
      case "retry":
        this.clear();
        return this.state(`… ${event.error?.message ?? "retry"}: asking ${event.model}`);
    }
  }

  lost(): void {
    this.state("… the daemon is gone: waiting for it", true);
  }

  resumed(): void {
    this.state(WAITING);
  }

  /** The end, with the answer: what is pending goes in first. */
  end(result: Answer): void {
    if (!this.hasText) {
      this.take(result.text);
    }
    this.flush(true);
    const isWhole = (result.finish_reason ?? "stop") === "stop";
    this.state(isWhole ? undefined : `[ended: ${result.finish_reason}]`, !isWhole);
  }

  /** The end, with what went wrong. */
  fail(fault: unknown): void {
    const { code, message } = asError(fault);
    this.flush(true);
    this.state(`[${code}: ${message}]`, true);
  }

  /** Nothing more is handed on. */
  drop(): void {
    clearTimeout(this.timer);
    this.pending = [];
    this.timer = undefined;
  }

  private state(words: string | undefined, isFault = false): void {
    if (words !== this.shown) {
      this.shown = words;
      this.out.state(words?.replace(/[\x00-\x1f\x7f]+/g, " "), isFault);
    }
  }

  private take(text: string): void {
    if (text === "") {
      return;
    }
    const whole = this.held + text;
    this.held = whole.endsWith("\r") ? "\r" : "";
    this.hasText = true;
    this.pending.push(whole.slice(0, whole.length - this.held.length).replace(/\r\n/g, "\n"));
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush(false);
    }, this.out.pause());
  }

  private flush(isLast: boolean): void {
    if (isLast) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.pending.push(this.held);
      this.held = "";
    }
    const text = this.pending.join("");
    this.pending = [];
    if (text !== "") {
      this.out.text(text);
    }
  }

  private clear(): void {
    this.drop();
    this.held = "";
    this.hasText = false;
    this.out.clear();
  }
}
