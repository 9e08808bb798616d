// The tree of a conversation, and what a changed page of it asks for; without an editor or a daemon.
import type { Conversation, Message, Part } from "./protocol";
import { linesOf, read, type Turn } from "./turns";

// -- the tree

export class Tree {
  readonly head: string | undefined;
  readonly messages: Message[];
  private readonly byId = new Map<string, Message>();
  private readonly children = new Map<string, Message[]>();

  constructor(conversation: Conversation = {}) {
    this.head = conversation.head ?? undefined;
    this.messages = conversation.messages ?? [];
    for (const message of this.messages) {
      this.byId.set(message.id, message);
      const of = message.parent ?? "";
      this.children.set(of, [...(this.children.get(of) ?? []), message]);
    }
  }

  get(id: string | undefined): Message | undefined {
    return id === undefined ? undefined : this.byId.get(id);
  }

  /** The messages from the first one to this; none of one that is not there. */
  path(id: string | undefined): Message[] {
    const path: Message[] = [];
    for (let message = this.get(id); message; message = this.get(message.parent ?? undefined)) {
      path.push(message);
    }
    return path.reverse();
  }

  /** Whether a message stands on the way to another, or is it. */
  leadsTo(id: string, to: string): boolean {
    return this.path(to).some((message) => message.id === id);
  }

  /** The messages that stand where this one does, itself among them, and its place there. */
  siblings(id: string): { all: Message[]; at: number } {
    const message = this.get(id);
    const all = message ? (this.children.get(message.parent ?? "") ?? []) : [];
    return { all, at: all.findIndex((sibling) => sibling.id === id) };
  }

  /** Where the newest branch from a message on ends. */
  tip(id: string): string | undefined {
    let message = this.get(id);
    for (let all = message && this.children.get(message.id); all; all = this.children.get(message!.id)) {
      message = all[all.length - 1];
    }
    return message?.id;
  }

  /** The ends of all branches, the newest last. */
  tips(): Message[] {
    return this.messages.filter((message) => !this.children.has(message.id));
  }
}

// -- what is to be asked

const readBack = new WeakMap<Message, Turn>(); // since a long conversation is compared often

// What the turn of a message says once it was written and read back: blank lines at its ends are gone.
function said(message: Message): Turn {
  let turn = readBack.get(message);
  if (!turn) {
    turn = read(linesOf(message)).turns[0]!;
    readBack.set(message, turn);
  }
  return turn;
}

// Many editors take blanks off the ends of lines by themselves; that says nothing else.
function withoutBlanks(text: string): string {
  return text.replace(/[ \t\r]+$/gm, "");
}

/** Whether a turn of a page says what the message says. */
export function isAsKnown(message: Message, turn: Turn): boolean {
  const known = said(message);
  return (
    known.role === turn.role &&
    (known.text === turn.text || withoutBlanks(known.text) === withoutBlanks(turn.text)) &&
    known.kept.join() === turn.kept.join()
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function samePart(a: Part, b: Part): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Part>;
  for (const key of keys) {
    const [one, other] = [a[key], b[key]];
    const same =
      one instanceof Uint8Array && other instanceof Uint8Array
        ? sameBytes(one, other)
        : one === other || JSON.stringify(one) === JSON.stringify(other);
    if (!same) {
      return false;
    }
  }
  return true;
}

/** Whether two messages are shown alike. */
export function sameMessage(a: Message, b: Message): boolean {
  if (a.id !== b.id || a.state !== b.state || typeof a.content !== typeof b.content) {
    return false;
  }
  if (typeof a.content === "string" || typeof b.content === "string") {
    return a.content === b.content;
  }
  const others = b.content;
  return a.content.length === others.length && a.content.every((part, i) => samePart(part, others[i]!));
}

export function isNothing(turn: Turn): boolean {
  return turn.role === "user" && turn.text === "" && turn.kept.length === 0;
}

// The parts of a question that its turn still names; attachments go before the words that are asked.
function keptParts(message: Message, turn: Turn): Part[] {
  const parts = typeof message.content === "string" ? [] : message.content;
  return turn.kept.flatMap((number) => parts[number - 1] ?? []);
}

/** What the user wrote from a turn on that is nowhere else: it must not be lost with the page's new face. */
export function unsent(path: Message[], page: Turn[], from: number): string {
  const texts: string[] = [];
  page.forEach((turn, i) => {
    if (i >= from && turn.role === "user" && !isNothing(turn) && !(path[i] && isAsKnown(path[i]!, turn))) {
      texts.push(turn.text);
    }
  });
  return texts.join("\n\n");
}

/** What the turns of a page ask for. at: the number of the turn that is to be answered, from 0. */
export type Wish =
  /** A question behind what is there; parent is absent in an empty conversation. */
  | { kind: "ask"; at: number; prompt: string; parent?: string; parts: Part[] }
  /** Another question in the place of one that is there: a branch. */
  | { kind: "edit"; at: number; prompt: string; edit: string; parts: Part[] }
  /** The answer to the last question that stands there was taken out. */
  | { kind: "regenerate"; at: number; regenerate: string }
  /** All is as the daemon has it. */
  | { kind: "nothing" }
  /** What cannot be asked, and its line. */
  | { kind: "refused"; row: number; message: string };

function refuse(turn: Turn, message: string): Wish {
  return { kind: "refused", row: turn.first, message };
}

/** What the turns of a page ask for, where the daemon has those of path. */
export function decide(path: Message[], page: Turn[]): Wish {
  let count = page.length;
  while (count > 0 && isNothing(page[count - 1]!)) {
    count--;
  }
  for (let i = 0; i < count; i++) {
    const turn = page[i]!;
    const message = path[i];
    if (message && isAsKnown(message, turn)) {
      continue;
    }
    if (turn.role !== "user") {
      return refuse(turn, "what the model said was changed: take that back, or change the question before it");
    }
    if (isNothing(turn)) {
      return refuse(turn, "this question is empty: write one, or take out its heading too");
    }
    if (message?.role === "user") {
      return { kind: "edit", at: i, prompt: turn.text, edit: message.id, parts: keptParts(message, turn) };
    }
    const parent = path[i - 1]?.id;
    return { kind: "ask", at: i, prompt: turn.text, ...(parent !== undefined && { parent }), parts: [] };
  }
  if (count > 0 && page[count - 1]!.role === "user") {
    return { kind: "regenerate", at: count - 1, regenerate: path[count - 1]!.id };
  }
  return { kind: "nothing" };
}
