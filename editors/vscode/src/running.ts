// What runs, by the document that it fills: what `askd.stop` ends, and the status shows.
import type { Disposable } from "./host_api";

interface Runs {
  cancel(): void;
}

export class Running {
  private readonly calls = new Map<string, Set<Runs>>();
  private readonly listeners = new Set<() => void>();

  /** What is returned ends the entry, not what runs. */
  add(uri: string, call: Runs): Disposable {
    const calls = this.calls.get(uri) ?? new Set();
    this.calls.set(uri, calls.add(call));
    this.changed();
    return {
      dispose: () => {
        calls.delete(call);
        if (calls.size === 0) {
          this.calls.delete(uri);
        }
        this.changed();
      },
    };
  }

  has(uri: string): boolean {
    return this.calls.has(uri);
  }

  get count(): number {
    return [...this.calls.values()].reduce((sum, calls) => sum + calls.size, 0);
  }

  /** Ends what runs in a document; false: nothing does. */
  stop(uri: string): boolean {
    const calls = [...(this.calls.get(uri) ?? [])];
    calls.forEach((call) => call.cancel());
    return calls.length > 0;
  }

  onChange(fn: () => void): Disposable {
    this.listeners.add(fn);
    return { dispose: () => this.listeners.delete(fn) };
  }

  private changed(): void {
    this.listeners.forEach((fn) => fn());
  }
}
