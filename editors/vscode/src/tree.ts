// The conversations in the side bar: those of this folder, or of all. The daemon tells what changes in them.
import type { App } from "./app";
import type { Watch } from "./client";
import type { Disposable, Tree, TreeItem } from "./host_api";
import { titleOf } from "./pick";
import type { ConversationEntry } from "./protocol";
import { age, told } from "./words";

const VIEW = "askd.conversationList";
const SHOWN = 200; // the newest; more by searching
const PAUSE_MS = 300; // between two looks, where much changes

function itemOf(entry: ConversationEntry): TreeItem {
  const about = [age(entry.updated ?? entry.created), entry.model ?? ""].filter(Boolean).join(" · ");
  const tooltip = [
    titleOf(entry),
    `${entry.messages ?? 0} messages`,
    entry.directory ?? "",
    (entry.tags ?? []).join(", "),
  ];
  return {
    id: entry.conversation,
    label: titleOf(entry),
    description: about,
    tooltip: tooltip.filter(Boolean).join("\n"),
    icon: entry.pinned ? "pinned" : "comment-discussion",
    kind: entry.pinned ? "pinned" : "conversation",
    command: "askd.openConversation",
  };
}

/** What a command of an item is given: the item, or an id where it is called otherwise. */
export function conversationOf(app: App, given: unknown): string | undefined {
  const id = typeof given === "string" ? given : (given as { id?: unknown } | undefined)?.id;
  return typeof id === "string" ? id : app.chats.active?.conversation;
}

export class Conversations implements Disposable {
  private readonly tree: Tree;
  private readonly parts: Disposable[];
  private watch: Watch | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly app: App) {
    this.tree = app.host.tree(VIEW, () => this.items());
    this.parts = [this.tree, app.host.onSettings(() => this.tree.changed())];
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watch?.stop();
    this.parts.forEach((part) => part.dispose());
  }

  // Asked for while it is to be seen, and not before: no daemon is started for a list that nobody looks at.
  private async items(): Promise<TreeItem[]> {
    this.watch ??= this.app.client.watch(undefined, () => this.changed());
    const isAll = this.app.host.setting("conversations") === "all";
    const directory = isAll ? undefined : this.app.client.context().cwd;
    const found = await this.app.client.request("conversation.list", { limit: SHOWN, directory });
    return found.map(itemOf);
  }

  private changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.tree.changed();
    }, PAUSE_MS);
  }

  refresh(): void {
    this.tree.changed();
  }
}

// -- commands

type Act = (app: App, conversation: string) => Promise<unknown>;

/** A command about the conversation of an item, or of the chat that the user is in. */
export async function withConversation(app: App, given: unknown, act: Act): Promise<void> {
  const conversation = conversationOf(app, given);
  if (conversation === undefined) {
    return app.notify.warn("which conversation? Take it from the list, or go to its document");
  }
  await act(app, conversation);
}

export const open: Act = (app, conversation) => app.chats.open(conversation);

export const rename: Act = async (app, conversation) => {
  const { title } = await app.client.request("conversation.get", { conversation });
  const value = title ?? "";
  const typed = await app.host.input({ title: "Rename conversation", value });
  if (typed?.trim() && typed !== title) {
    await app.client.request("conversation.rename", { conversation, title: typed.trim() });
  }
};

export const pin: Act = (app, conversation) => app.client.request("conversation.pin", { conversation, pinned: true });

export const unpin: Act = (app, conversation) =>
  app.client.request("conversation.pin", { conversation, pinned: false });

/** It can be had back, so that nobody is asked whether they are sure. */
export const remove: Act = async (app, conversation) => {
  const { title } = await app.client.request("conversation.get", { conversation });
  await app.client.request("conversation.delete", { conversation });
  const chosen = await app.host.offer(told(`askd: “${titleOf({ title: title ?? null })}” was deleted`), ["Undo"]);
  if (chosen === "Undo") {
    await app.client.request("conversation.restore", { conversation });
  }
};

export const exportMarkdown: Act = async (app, conversation) => {
  const { data } = await app.client.request("conversation.export", { conversation, format: "markdown" });
  await app.host.newDocument(data, "markdown");
};
