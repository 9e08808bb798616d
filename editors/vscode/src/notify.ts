// What is told to the user: one line, never a trace.
import type { Host } from "./host_api";
import { AskdError } from "./protocol";
import { told } from "./words";

/** What was thrown, as an error of the protocol. */
export function asError(fault: unknown): AskdError {
  if (fault instanceof AskdError) {
    return fault;
  }
  return new AskdError("internal", fault instanceof Error ? fault.message : String(fault));
}

export class Notify {
  constructor(private readonly host: Pick<Host, "tell">) {}

  /** That somebody cancelled is no news to them. */
  error(fault: unknown): void {
    const { code, message } = asError(fault);
    if (code !== "cancelled") {
      this.host.tell("error", told(`askd: ${code}: ${message}`));
    }
  }

  warn(text: string): void {
    this.host.tell("warning", told(`askd: ${text}`));
  }

  info(text: string): void {
    this.host.tell("info", told(`askd: ${text}`));
  }

  /** Calls fn; a fault in it is told like any other, and goes no further. */
  async guard(fn: () => unknown): Promise<void> {
    try {
      await fn();
    } catch (fault) {
      this.error(fault);
    }
  }

  /** The same for what is called with arguments, and not waited for. */
  protect<A extends unknown[]>(fn: ((...args: A) => unknown) | undefined, ...args: A): void {
    void this.guard(() => fn?.(...args));
  }
}
