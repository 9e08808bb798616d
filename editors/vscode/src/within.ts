// A bound for what is waited for.
import { AskdError } from "./protocol";

/** Rejected with `timeout` after some milliseconds, unless what is waited for comes first. */
export async function within<T>(ms: number, promise: Promise<T>, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AskdError("timeout", message)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
