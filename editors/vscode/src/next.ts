// What goes with the next question: attachments, and a prompt of the library. It belongs to a chat's document, elsewhere
// to the window; it is gone once it was asked with.
import type { Disposable } from "./host_api";
import type { Part } from "./protocol";

interface Entry {
  label: string;
  part: Part;
}

interface Waiting {
  parts: Entry[];
  prompt?: string | undefined;
}

/** What was handed over; giveBack puts it there again, for a question that was refused. */
export interface Given {
  parts: Part[];
  prompt: string | undefined;
  giveBack(): void;
}

export const WINDOW = ""; // the key of what belongs to no chat

export class Next {
  private readonly waiting = new Map<string, Waiting>(); // by key: a chat's address, or WINDOW
  private readonly listeners = new Set<() => void>();

  onChange(fn: () => void): Disposable {
    this.listeners.add(fn);
    return { dispose: () => this.listeners.delete(fn) };
  }

  private changed(): void {
    this.listeners.forEach((fn) => fn());
  }

  private at(key: string): Waiting {
    const found = this.waiting.get(key) ?? { parts: [] };
    this.waiting.set(key, found);
    return found;
  }

  /** Adds a part of a message, with a label for people. */
  add(key: string, label: string, part: Part): void {
    this.at(key).parts.push({ label, part });
    this.changed();
  }

  /** Which prompt of the library the next question goes by; undefined: none. */
  setPrompt(key: string, name: string | undefined): void {
    this.at(key).prompt = name;
    this.changed();
  }

  prompt(key: string): string | undefined {
    return this.waiting.get(key)?.prompt;
  }

  /** The labels of what is attached. */
  attached(key: string): string[] {
    return (this.waiting.get(key)?.parts ?? []).map(({ label }) => label);
  }

  /** All that waits, for people. */
  labels(key: string): string[] {
    const prompt = this.prompt(key);
    return [...(prompt ? [`prompt: ${prompt}`] : []), ...this.attached(key).map((label) => `attached: ${label}`)];
  }

  /** Takes off those whose label is one of these, or all; returns how many. */
  remove(key: string, labels?: readonly string[]): number {
    const mine = this.at(key);
    const kept = labels ? mine.parts.filter(({ label }) => !labels.includes(label)) : [];
    const count = mine.parts.length - kept.length;
    mine.parts = kept;
    this.changed();
    return count;
  }

  take(key: string): Given {
    const mine = this.waiting.get(key);
    this.waiting.delete(key);
    this.changed();
    const giveBack = (): void => {
      if (mine && !this.waiting.has(key)) {
        this.waiting.set(key, mine);
        this.changed();
      }
    };
    return { parts: (mine?.parts ?? []).map(({ part }) => part), prompt: mine?.prompt, giveBack };
  }

  /** A chat has another address now. */
  move(from: string, to: string): void {
    const mine = this.waiting.get(from);
    if (mine) {
      this.waiting.delete(from);
      this.waiting.set(to, mine);
    }
  }

  forget(key: string): void {
    this.waiting.delete(key);
  }
}
