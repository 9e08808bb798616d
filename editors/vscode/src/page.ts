// The page of a conversation: its settled turns, the running answer if there is one, and the draft of the next question.
// Without an editor or a daemon.
//
//     ## user … ## assistant …     settled: as the daemon has them
//     ## assistant (p/m) …         running: streams in
//     ## user …                    the draft: the user's
//
// A page has two copies: that which a reader of the document gets, and the document itself once somebody has changed it.
// Both are told what comes in the same way: lines in, lines out. What comes from the daemon goes above the draft, and
// only over what the user has not changed.
import { decide, isAsKnown, isNothing, sameMessage, unsent, type Wish } from "./branch";
import type { Message } from "./protocol";
import { escaped, heading, linesOf, linesOfInstructions, read, shown, textLines, type Turn } from "./turns";

export const DRAFT = ["## user", "", ""];

const REMEMBERED = 8; // states that a copy may still show

/** What a copy was written from. */
export interface State {
  messages: Message[];
  running: Message | undefined;
}

/** A copy's parts: the settled turns, the running one, those behind it; tail: the line at which the last begin. */
export interface Parts {
  settled: Turn[];
  flow: Turn | undefined;
  draft: Turn[];
  tail: number;
  instructions: string | undefined;
}

/** A question that the daemon has taken: the number of its turn, the words that were asked, and what the page showed. */
export interface Sent {
  at: number;
  prompt: string | undefined;
  from: State;
}

/** The text of an answer as it streams in, as lines of a page. */
export class Flow {
  private readonly done: string[] = [];
  private last = "";
  private held = ""; // a CR whose LF may be still to come

  take(text: string): void {
    let all = this.held + text;
    this.held = all.endsWith("\r") ? "\r" : "";
    all = shown(all.slice(0, all.length - this.held.length));
    const pieces = all.split("\n");
    pieces[0] = this.last + pieces[0]!;
    this.last = pieces.pop()!;
    for (const line of pieces) {
      if (this.done.length > 0 || line.trim() !== "") {
        this.done.push(escaped(line));
      }
    }
  }

  clear(): void {
    this.done.length = 0;
    this.last = this.held = "";
  }

  get isEmpty(): boolean {
    return this.done.length === 0 && this.last === "";
  }

  lines(): string[] {
    const lines = [...this.done, escaped(this.last)];
    while (lines.length > 0 && lines[lines.length - 1]!.trim() === "") {
      lines.pop();
    }
    return lines;
  }
}

function pushAll(to: string[], lines: string[]): void {
  for (const line of lines) {
    to.push(line);
  }
}

export class Page {
  private states: State[] = [{ messages: [], running: undefined }];
  system: string | undefined;
  flow = new Flow();

  /** What is shown now. */
  get state(): State {
    return this.states[this.states.length - 1]!;
  }

  /** The settled messages that are shown. */
  get messages(): Message[] {
    return this.state.messages;
  }

  get running(): Message | undefined {
    return this.state.running;
  }

  /** The parts of a copy as it was written from a state, by default the last. */
  parts(lines: string[], state = this.state): Parts {
    const { turns, instructions } = read(lines);
    const count = state.messages.length;
    const flow = state.running && turns[count]?.role === "assistant" ? turns[count] : undefined;
    const draft = turns.slice(flow ? count + 1 : count);
    return { settled: turns.slice(0, count), flow, draft, tail: draft[0]?.first ?? lines.length, instructions };
  }

  // The newest state that a copy shows, with nothing of it changed; nothing where the user has changed it. `since`: the
  // last one that it showed for sure. Only questions stand behind what it shows, or a turn was changed.
  private basis(lines: string[], since: State): { state: State; parts: Parts } | undefined {
    const candidates = this.states.slice(Math.max(this.states.indexOf(since), 0)).reverse();
    for (const state of candidates) {
      const parts = this.parts(lines, state);
      const isWhole = parts.settled.length === state.messages.length;
      const isOwn = parts.draft.every((turn) => turn.role === "user");
      if (isOwn && isWhole && state.messages.every((message, i) => isAsKnown(message, parts.settled[i]!))) {
        return { state, parts };
      }
    }
    return undefined;
  }

  /** Whether a copy was changed where it is the daemon's. */
  isChanged(lines: string[], since = this.state): boolean {
    return this.basis(lines, since) === undefined;
  }

  /** Whether the user has written anything into the draft of a copy. */
  hasDraft(lines: string[], since = this.state): boolean {
    const basis = this.basis(lines, since);
    return (basis?.parts ?? this.parts(lines)).draft.some((turn) => turn.text !== "");
  }

  /** What a copy asks for; the answer that runs is no part of it. */
  wish(lines: string[]): Wish {
    const parts = this.parts(lines);
    return decide(this.messages, [...parts.settled, ...parts.draft]);
  }

  /** From here on, these are the messages of the path that is shown; the last may be running. */
  advance(path: Message[], system: string | undefined): void {
    const last = path[path.length - 1];
    const running = last?.state === "running" ? last : undefined;
    const messages = running ? path.slice(0, -1) : [...path];
    const before = this.messages;
    for (let i = 0; i < messages.length && before[i] && sameMessage(before[i]!, messages[i]!); i++) {
      const [known, now] = [before[i]!, messages[i]!];
      messages[i] = Object.assign(known, { usage: now.usage }); // what was read back of it is kept
    }
    if (running?.id !== this.running?.id) {
      this.flow = new Flow();
    }
    this.system = system;
    this.states = [...this.states, { messages, running }].slice(-REMEMBERED);
  }

  // What stands from a message on, but for the draft.
  private written(from: number): string[] {
    const lines: string[] = [];
    for (const message of this.messages.slice(from)) {
      pushAll(lines, linesOf(message));
      lines.push("");
    }
    return lines;
  }

  private flowLines(): string[] {
    const running = this.running;
    if (!running) {
      return [];
    }
    const text = this.flow.lines();
    const lines = [heading("assistant", running.provider, running.model), ""];
    pushAll(lines, text);
    return text.length > 0 ? [...lines, ""] : lines;
  }

  /** A copy with all that is known now, above its draft; sent: a question that was taken, which no longer is the draft's.
   * Nothing, where the user has changed what would be written over. */
  brought(lines: string[], since: State, sent?: Sent): string[] | undefined {
    const basis = sent ? { state: sent.from, parts: this.parts(lines, sent.from) } : this.basis(lines, since);
    if (!basis) {
      return undefined;
    }
    const { state: before, parts } = basis;
    const all = [...parts.settled, ...parts.draft];
    let known = 0;
    while (before.messages[known] && before.messages[known] === this.messages[known]) {
      known++;
    }
    known = sent ? Math.min(known, sent.at) : known;
    const from =
      all[known] && (known < parts.settled.length || sent) ? all[known]!.first : (parts.flow?.first ?? parts.tail);
    const isFromTop = from === 0 || before.messages.length === 0;
    const out = this.system && isFromTop ? [...linesOfInstructions(this.system), ""] : lines.slice(0, from);
    pushAll(out, this.written(known));
    pushAll(out, this.flowLines());
    pushAll(out, sent ? draftLines(this.restOf(lines, sent)) : lines.slice(parts.tail));
    return sent || parts.tail < lines.length ? out : [...out, ...DRAFT];
  }

  /** What was written behind a question that was taken, or into it since. */
  restOf(lines: string[], sent: Sent): string {
    const { settled, draft } = this.parts(lines, sent.from);
    const all = [...settled, ...draft];
    const turn = all[sent.at];
    const wroteOn = sent.prompt !== undefined && turn !== undefined && !isNothing(turn) && turn.text !== sent.prompt;
    return unsent(sent.from.messages, all, sent.at + (wroteOn ? 0 : 1));
  }

  /** The line of each settled turn's heading, and that of the draft, of a copy; nothing where the user has changed it. */
  headings(lines: string[]): { turns: Turn[]; draft: number } | undefined {
    const basis = this.basis(lines, this.state);
    if (!basis) {
      return undefined;
    }
    return { turns: basis.parts.settled, draft: Math.min(basis.parts.tail, lines.length - 1) };
  }

  /** The message at a line of a copy, by its place. */
  messageAt(lines: string[], row: number): number | undefined {
    const at = this.parts(lines).settled.findIndex((turn) => turn.first <= row && row <= turn.last);
    return at < 0 ? undefined : at;
  }

  /** What a document shows that nobody has changed: its draft is empty, or what was kept of one. */
  fresh(draft: string): string[] {
    const lines = this.system ? [...linesOfInstructions(this.system), ""] : [];
    pushAll(lines, this.written(0));
    pushAll(lines, this.flowLines());
    pushAll(lines, draftLines(draft));
    return lines;
  }
}

/** A draft with a text in it. */
export function draftLines(text: string): string[] {
  return text === "" ? DRAFT : ["## user", "", ...textLines(text)];
}

/** The smallest change that makes lines of others: lines `from` to `to` (behind the last) become these. */
export function changeOf(old: string[], now: string[]): { from: number; to: number; lines: string[] } | undefined {
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) {
    same++;
  }
  let tail = 0;
  while (
    tail < old.length - same &&
    tail < now.length - same &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  ) {
    tail++;
  }
  if (same + tail === old.length && old.length === now.length) {
    return undefined;
  }
  return { from: same, to: old.length - tail, lines: now.slice(same, now.length - tail) };
}
