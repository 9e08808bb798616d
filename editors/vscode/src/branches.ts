// `askd.branch`, `askd.branchNext` and `askd.branchPrevious`: the branches of a chat's conversation.
import type { App } from "./app";
import type { Choice } from "./host_api";
import { textOf, type Message } from "./turns";
import type { View } from "./view";
import { firstLine } from "./words";

const QUESTION = 60; // characters of one that are shown

function chatOf(app: App): View | undefined {
  const view = app.chats.active;
  if (!view) {
    app.notify.warn("this document is no chat: “askd: New Chat” opens one");
  } else if (!view.conversation) {
    app.notify.warn("this conversation has no branches yet");
  }
  return view?.conversation ? view : undefined;
}

function choicesOf(view: View): Choice<string>[] {
  return view.tree
    .tips()
    .reverse()
    .map((tip) => {
      const path = view.tree.path(tip.id);
      const question = [...path].reverse().find((message) => message.role === "user") ?? tip;
      const isHere = tip.id === view.shownTip;
      return {
        label: firstLine(textOf(question), QUESTION) || "(nothing said)",
        description: [`${path.length} turns`, tip.model ?? "", isHere ? "shown" : ""].filter(Boolean).join(" · "),
        value: tip.id,
      };
    });
}

/** Offers all branches, and shows the one that is chosen. All that look at the conversation go there. */
export async function branch(app: App): Promise<void> {
  const view = chatOf(app);
  const chosen = view && (await app.host.pick({ title: "Branch" }, choicesOf(view)));
  if (view && chosen !== undefined) {
    await view.goTo(chosen);
  }
}

// The message at a line, or before it, that has siblings.
function forkAt(view: View, row: number): { all: Message[]; at: number } | undefined {
  const { messages } = view.page;
  const at = view.page.messageAt(view.lines(), row) ?? messages.length - 1;
  for (let i = at; i >= 0; i--) {
    const fork = view.tree.siblings(messages[i]!.id);
    if (fork.all.length > 1) {
      return fork;
    }
  }
  return undefined;
}

/** Goes to the next or previous sibling of the turn at the cursor, or of the nearest one above that has any. */
export async function branchStep(app: App, step: 1 | -1): Promise<void> {
  const view = chatOf(app);
  if (!view) {
    return;
  }
  const editor = app.host.activeEditor();
  const fork = forkAt(view, editor?.selection.start.line ?? 0);
  if (!fork) {
    return app.notify.info("there is no other branch at this turn");
  }
  const { all, at } = fork;
  const tip = view.tree.tip(all[(at + step + all.length) % all.length]!.id);
  if (tip !== undefined) {
    await view.goTo(tip);
  }
}
