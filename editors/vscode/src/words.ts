// Figures and times as people read them. Pure.
import type { Usage } from "./protocol";

const UNITS: [number, string][] = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** "3 min" and the like, since a time in seconds. */
export function age(since: number, now = Date.now() / 1000): string {
  const seconds = Math.max(0, Math.floor(now - since));
  const unit = UNITS.find(([length]) => seconds >= length);
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]}` : `${seconds} s`;
}

/** 950, 12.3k, 1.2M. */
export function count(n: number): string {
  if (n >= 1000000) {
    return `${(n / 1000000).toFixed(1)}M`;
  }
  return n >= 1000 ? `${(n / 1000).toFixed(1)}k` : String(n);
}

/** A model's window. */
export function tokens(n: number | undefined): string {
  if (n === undefined) {
    return "";
  }
  return n >= 1000000 ? `${Math.floor(n / 100000) / 10}M` : `${Math.floor(n / 1000)}k`;
}

/** What an answer took: "310 tokens, USD 0.0042"; undefined: nobody told. */
export function costOf(usage: Usage | null | undefined): string | undefined {
  const words: string[] = [];
  if (usage?.output_tokens) {
    words.push(`${(usage.input_tokens ?? 0) + usage.output_tokens} tokens`);
  }
  if (usage?.cost && usage.cost > 0) {
    words.push(`${usage.currency ?? ""} ${usage.cost.toFixed(4)}`.trim());
  }
  return words.length > 0 ? words.join(", ") : undefined;
}

/** Text of others on one line. */
export function line(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ");
}

/** Text of others as the editor is to tell it: where that finds Markdown's form of a link, it makes one, and a link can
 *  give commands. */
export function told(text: string): string {
  return line(text).replace(/\](?=\()/g, "] ");
}

/** Text of others in a list or a status bar, where the editor would take `$(name)` for an icon. */
export function withoutIcons(text: string): string {
  return text.replace(/\$(?=\([\w-]+(~[\w-]+)?\))/g, "\\$");
}

/** Its first line with anything in it, as far as fits. */
export function firstLine(text: string, length: number): string {
  return Array.from(line(/[^\n]*\S[^\n]*/.exec(text)?.[0] ?? ""))
    .slice(0, length)
    .join("")
    .trim();
}
