// How a chat's question gets to the daemon. It is asked with `detach`, so that it outlives this window, and comes back to
// the view as one that somebody asked. Until the daemon has taken it, it stays as it was written.
import type { App } from "./app";
import type { Wish } from "./branch";
import type { Given, Next } from "./next";
import { AskdError, type Part, type Question } from "./protocol";
import type { View } from "./view";
import { within } from "./within";

const TAKE_MS = 20000; // that saving waits for the daemon to take a question

/** How this one question is asked. */
export interface SendHow {
  /** Where nothing else is to be sent: the last question once more. */
  again?: boolean;
  model?: string;
  prompt?: string;
}

/** What became of a question: the id of a new conversation, where it began one. */
export interface SendResult {
  begun?: string;
}

type Asks = Exclude<Wish, { kind: "nothing" | "refused" }>;

const refuse = (message: string): AskdError => new AskdError("invalid_request", message);

function paramsOf(app: App, view: View, begun: string | undefined, wish: Asks, given: Given, how: SendHow): Question {
  const params: Question = {
    model: how.model ?? view.model ?? (app.host.setting("model") || undefined),
    template: how.prompt ?? given.prompt,
    context: app.client.context(),
    detach: true,
  };
  if (wish.kind === "regenerate") {
    return { ...params, regenerate: wish.regenerate };
  }
  const attachments: Part[] = [...wish.parts, ...given.parts];
  params.prompt = wish.prompt;
  params.attachments = attachments.length > 0 ? attachments : undefined;
  if (wish.kind === "edit") {
    params.edit = wish.edit;
  } else {
    params.conversation = view.conversation ?? begun ?? "new";
    params.parent = wish.parent;
  }
  return params;
}

/** What is asked, or undefined: nothing; throws what the user should know where it cannot be asked. */
function wishOf(view: View, next: Next, lines: string[], how: SendHow): Asks | undefined {
  if (view.isSending) {
    throw refuse("the question before is on its way");
  } else if (view.isRunning) {
    throw refuse("an answer is still coming: “askd: Stop What Runs in This Document” ends it");
  }
  const { instructions } = view.page.parts(lines);
  if (view.conversation && instructions !== undefined && instructions !== (view.page.system ?? "").trim()) {
    throw refuse("instructions are given when a conversation begins: “askd: New Chat” begins one");
  }
  const wish = view.page.wish(lines);
  const last = view.page.messages[view.page.messages.length - 1];
  if (wish.kind === "refused") {
    throw refuse(`line ${wish.row + 1}: ${wish.message}`);
  } else if (wish.kind === "regenerate" && !how.again) {
    throw refuse(
      "the last answer was taken out: “askd: Ask the Last Question of the Chat Again” asks for another, " +
        "“File: Revert File” has it back",
    );
  } else if (wish.kind !== "nothing") {
    return wish;
  } else if (how.again && last) {
    return { kind: "regenerate", regenerate: last.id, at: view.page.messages.length - 1 };
  } else if (how.prompt ?? next.prompt(view.uri)) {
    // A prompt of the library asks something without a word, about what is attached.
    return { kind: "ask", prompt: "", at: view.page.messages.length, parts: [], ...(last && { parent: last.id }) };
  }
  return undefined;
}

// The daemon keeps no conversations: the answer is shown by itself.
async function showAlone(app: App, answer: string): Promise<void> {
  app.notify.warn("conversations are not kept here ([store] keep = none): the answer is shown by itself");
  await app.answers.show(answer);
}

async function ask(app: App, view: View, wish: Asks, lines: string[], given: Given, how: SendHow): Promise<SendResult> {
  const { instructions } = view.page.parts(lines);
  const from = view.page.state;
  let begun: string | undefined;
  if (!view.conversation && instructions) {
    begun = (await app.client.request("conversation.create", { system: instructions })).conversation;
  }
  const { answer } = await app.client.request("chat", paramsOf(app, view, begun, wish, given, how));
  const map = await app.client.request("answer.get", { answer });
  if (!map.conversation || !map.message) {
    view.wasRefused();
    await showAlone(app, answer);
    return {};
  }
  const prompt = wish.kind === "regenerate" ? undefined : wish.prompt;
  view.wasTaken({ at: wish.at, prompt, from, message: map.message, answer }, map.state === "running");
  return view.conversation ? {} : { begun: map.conversation };
}

/** Sends what the lines of a page ask for; undefined: nothing. Throws where it is refused, or not taken in time: it may
 * be taken still, and is shown then. */
export async function send(
  app: App,
  view: View,
  next: Next,
  lines: string[],
  how: SendHow = {},
): Promise<SendResult | undefined> {
  await within(TAKE_MS, view.caughtUp(), "the daemon has not told the conversation yet");
  const wish = wishOf(view, next, lines, how);
  if (!wish) {
    return undefined;
  }
  const given = next.take(view.uri);
  view.isSending = true;
  const asked = ask(app, view, wish, lines, given, how).catch((fault) => {
    given.giveBack();
    view.wasRefused();
    throw fault;
  });
  return within(TAKE_MS, asked, "the daemon has not taken the question yet; once it has, it is shown here");
}
