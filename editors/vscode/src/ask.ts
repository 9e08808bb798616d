// `askd.ask`. The answer streams into a document; the question is asked in a conversation, so that it is answered to its
// end whatever becomes of this window.
import type { App } from "./app";
import { parse, type Asked } from "./args";
import type { Document } from "./host_api";
import { linesOf, type Lines } from "./lines";
import { allLines, linesPart, linesText } from "./material";
import type { Question } from "./protocol";

/** What the command may be given, in keybindings too. */
export interface AskArgs extends Partial<Asked> {
  /** What it is asked about: the selection (default, if there is one), all of the document, or nothing. */
  about?: "selection" | "document" | "nothing";
}

// Behind words that a prompt of the library takes as its input, as what is piped into `ask`.
function inputOf(words: string, document: Document | undefined, lines: Lines | undefined): string {
  if (!document || !lines) {
    return words;
  }
  const text = linesText(document, lines);
  return words === "" ? text : `${words}\n\n${text}`;
}

/** The question, or why it cannot be asked. */
export function question(
  app: App,
  asked: Asked,
  document: Document | undefined,
  lines: Lines | undefined,
): Question | string {
  const known = document && app.answers.at(document.uri);
  const params: Question = {
    model: asked.model ?? (app.host.setting("model") || undefined),
    conversation: asked.conversation ?? known?.conversation ?? "new",
    context: app.client.context(),
  };
  if (asked.prompt) {
    params.template = asked.prompt;
    params.prompt = inputOf(asked.words, document, lines);
    return params;
  }
  params.prompt = asked.words;
  if (document && lines) {
    const part = linesPart(document, lines);
    if (typeof part === "string") {
      return part;
    }
    params.attachments = [part];
  }
  return params;
}

/** What is selected, or all of the document. */
export function aboutOf(app: App, about: AskArgs["about"]): { document?: Document; lines?: Lines } {
  const editor = app.host.activeEditor();
  if (!editor) {
    return {};
  }
  const { document, selection } = editor;
  const isEmpty = selection.start.line === selection.end.line && selection.start.character === selection.end.character;
  if (about === "document") {
    return { document, lines: allLines(document) };
  } else if (about === "nothing" || (isEmpty && about !== "selection")) {
    return { document };
  }
  return { document, lines: linesOf(selection) };
}

/** What was typed, or is asked for now; undefined: the user thought better of it. */
export async function askedOf(
  app: App,
  args: Partial<Asked>,
  title: string,
  allowed: string,
): Promise<Asked | undefined> {
  const { words, model, prompt, conversation } = args; // a menu gives what is none of these
  if (words !== undefined || prompt) {
    return { words: words ?? "", model, prompt, conversation };
  }
  const typed = await app.host.input({ title, placeholder: `words; before them ${optionsOf(allowed)}` });
  const asked = typed === undefined || typed.trim() === "" ? undefined : parse(typed, allowed);
  if (typeof asked === "string") {
    app.notify.warn(asked);
    return undefined;
  }
  return asked && { model, conversation, ...asked };
}

const optionsOf = (allowed: string): string =>
  [...allowed].map((flag) => ({ m: "-m MODEL", p: "-p PROMPT", c: "-c CONVERSATION" })[flag]).join(", ");

/** Asks, and shows the answer. */
export async function askQuestion(app: App, params: Question): Promise<string> {
  const { answer } = await app.client.request("chat", { ...params, detach: true });
  return app.answers.show(answer);
}

export async function ask(app: App, args: AskArgs = {}): Promise<void> {
  const { document, lines } = aboutOf(app, args.about);
  const asked = await askedOf(app, args, "Ask", "mpc");
  if (!asked) {
    return;
  }
  const params = question(app, asked, document, lines);
  if (typeof params === "string") {
    return app.notify.warn(params);
  }
  app.chats.extend(params, document?.uri);
  await askQuestion(app, params);
}
