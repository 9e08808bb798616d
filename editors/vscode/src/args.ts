// The words that a question is asked with: options first, as `ask` and the other editors have them, then what is asked.

export interface Asked {
  words: string;
  model?: string | undefined;
  prompt?: string | undefined;
  conversation?: string | undefined;
}

type Field = "model" | "prompt" | "conversation";

const OPTIONS: Record<string, { field: Field; what: string }> = {
  "-m": { field: "model", what: "a model" },
  "-p": { field: "prompt", what: "a prompt's name" },
  "-c": { field: "conversation", what: "a conversation" },
};

/** What was typed, or a string that tells what is wrong with it. `allowed` are the options that the command has, such as
 *  "mpc". What does not begin with one is words, and so is all behind `--`. */
export function parse(text: string, allowed: string): Asked | string {
  const out: Asked = { words: text.trim() };
  for (;;) {
    if (/^--(\s|$)/.test(out.words)) {
      out.words = out.words.slice(2).trim();
      return out;
    }
    const [, flag, rest] = /^(-[a-z])(?:\s+([^]*))?$/.exec(out.words) ?? [];
    const option = flag && allowed.includes(flag.charAt(1)) ? OPTIONS[flag] : undefined;
    if (!option) {
      return out;
    }
    const [, value, behind] = /^(\S+)\s*([^]*)$/.exec(rest ?? "") ?? [];
    if (value === undefined) {
      return `${flag} wants ${option.what} behind it`;
    }
    out[option.field] = value;
    out.words = behind ?? "";
  }
}
