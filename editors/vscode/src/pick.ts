// Pickers: models, prompts, conversations. A picker is there at once; what it offers, the daemon tells.
import type { App } from "./app";
import type { Choice } from "./host_api";
import type { ConversationEntry, Model } from "./protocol";
import { age, line, tokens } from "./words";

const CONVERSATIONS = 200; // that are offered, the newest; more by searching

// -- models

/** Sets the model of this chat, elsewhere of all that is asked from here on; "": the daemon's own. */
export async function setModel(app: App, name: string): Promise<void> {
  const chat = app.chats.active;
  if (chat) {
    chat.model = name || undefined;
    app.status.refresh();
  } else {
    await app.host.set("model", name);
  }
  app.host.hint(name ? `askd: asking ${name}` : "askd: asking the daemon's default model");
}

function priceOf(model: Model): string {
  return model.price_input === undefined
    ? ""
    : `${model.price_input}/${model.price_output ?? 0} ${model.currency ?? ""} per million tokens`;
}

function modelChoice(model: Model): Choice<string> {
  const window = tokens(model.context_window);
  return {
    label: model.model,
    description: [window && `${window} tokens`, priceOf(model)].filter(Boolean).join(" · "),
    value: model.model,
  };
}

/** The models that can be asked now, with the aliases before them. */
export async function modelChoices(app: App): Promise<Choice<string>[]> {
  const [aliases, models] = await Promise.all([
    app.client.request("models.aliases").catch(() => []),
    app.client.request("models.list"),
  ]);
  return [
    ...aliases.map(({ alias, models }) => ({ label: alias, description: `alias: ${models.join(", ")}`, value: alias })),
    ...models.filter((model) => model.available).map(modelChoice),
  ];
}

/** `askd.model`. */
export async function model(app: App, name?: string): Promise<void> {
  const own: Choice<string> = { label: "default", description: "the daemon's own choice", value: "" };
  const all = modelChoices(app).then((choices) => [own, ...choices]);
  const chosen = name ?? (await app.host.pick({ title: "Model" }, all));
  if (chosen !== undefined) {
    await setModel(app, chosen === "default" ? "" : chosen);
  }
}

// -- prompts

async function promptChoices(app: App): Promise<Choice<string>[]> {
  const prompts = await app.client.request("prompt.list");
  return prompts
    .filter((prompt) => !prompt.error)
    .map(({ name, description }) => ({ label: name, description: line(description ?? ""), value: name }));
}

/** `askd.prompt`: where something is selected, it is asked about at once; else the next question goes by the prompt. */
export async function prompt(app: App, name?: string): Promise<void> {
  const { key } = app.chats;
  const { selection, document } = app.host.activeEditor() ?? {};
  const hasSelection =
    selection && (selection.start.line !== selection.end.line || selection.start.character !== selection.end.character);
  const chosen = name ?? (await app.host.pick({ title: "Prompt" }, promptChoices(app)));
  if (chosen === undefined) {
    return;
  } else if (document && hasSelection && !app.chats.at(document.uri)) {
    await (await import("./ask")).ask(app, { words: "", prompt: chosen, about: "selection" });
  } else {
    app.chats.next.setPrompt(key, chosen);
    app.host.hint(`askd: the next question from here goes by the prompt ${chosen}`);
  }
}

// -- conversations

export function titleOf({ title }: { title?: string | null }): string {
  return line(title ?? "(nothing said yet)");
}

function conversationChoice(entry: ConversationEntry): Choice<string> {
  const about =
    entry.snippet === undefined ? `${entry.messages ?? 0} messages` : entry.snippet.replace(/[\u0002\u0003]/g, "");
  return {
    label: titleOf(entry),
    description: [age(entry.updated ?? entry.created), entry.model ?? "", line(about)].filter(Boolean).join(" · "),
    value: entry.conversation,
  };
}

async function conversationChoices(app: App, words: string, isEverywhere: boolean): Promise<Choice<string>[]> {
  const how = { limit: CONVERSATIONS, directory: isEverywhere ? undefined : app.client.context().cwd };
  const found = words
    ? await app.client.request("conversation.search", { ...how, query: words })
    : await app.client.request("conversation.list", how);
  return found.map(conversationChoice);
}

export interface ConversationsArgs {
  /** Only those in which they occur. */
  words?: string;
  /** Those of all folders. */
  everywhere?: boolean;
}

/** `askd.conversations` and `askd.searchConversations`. */
export async function conversations(
  app: App,
  { words = "", everywhere = false }: ConversationsArgs = {},
): Promise<void> {
  const found = conversationChoices(app, words, everywhere);
  const where = everywhere ? "all folders" : "this folder";
  const chosen = await app.host.pick(
    { title: `Conversations of ${where}`, none: `there is no conversation of ${where}` },
    found,
  );
  if (chosen !== undefined) {
    await app.chats.open(chosen);
  }
}

export async function searchConversations(app: App, args: ConversationsArgs = {}): Promise<void> {
  const words =
    args.words ?? (await app.host.input({ title: "Search conversations", placeholder: "words that occur in them" }));
  if (words?.trim()) {
    await conversations(app, { everywhere: true, ...args, words });
  }
}
