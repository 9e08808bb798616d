// The commands, as package.json tells them to the user; a test holds the one against the other. Each loads its module.
import type { App } from "./app";
import type { ApplyArgs } from "./apply";
import type { AskArgs } from "./ask";
import type { RewriteArgs } from "./rewrite";
import type { Asked } from "./args";
import type { CompareArgs } from "./compare";
import type { ConversationsArgs } from "./pick";
import type { ResumeArgs } from "./resume";
import type { SendHow } from "./send";

function stop(app: App): void {
  const uri = app.host.activeEditor()?.document.uri;
  if (!uri || !app.running.stop(uri)) {
    app.notify.warn("nothing runs in this document");
  }
}

async function suggest(app: App, on: unknown): Promise<void> {
  const isOn = typeof on === "boolean" ? on : !app.host.setting("suggest");
  await app.host.set("suggest", isOn);
  app.notify.info(`suggestions are ${isOn ? "on" : "off"}`);
}

type Command = (app: App, ...args: unknown[]) => unknown;

const chats: Record<string, Command> = {
  "askd.chat": async (app, id) => (await import("./chat")).chat(app, id as string | undefined),
  "askd.lastChat": async (app) => (await import("./chat")).chat(app, "last"),
  "askd.send": async (app, how) => (await import("./chat")).sendCommand(app, (how ?? {}) as SendHow),
  "askd.sendAgain": async (app) => (await import("./chat")).sendCommand(app, { again: true }),
  "askd.branch": async (app) => (await import("./branches")).branch(app),
  "askd.branchNext": async (app) => (await import("./branches")).branchStep(app, 1),
  "askd.branchPrevious": async (app) => (await import("./branches")).branchStep(app, -1),
  "askd.apply": async (app, args) => (await import("./apply")).apply(app, args as ApplyArgs | undefined),
};

const goesAlong: Record<string, Command> = {
  "askd.attach": async (app) => (await import("./attach")).attach(app),
  "askd.attachFile": async (app, ...files) => (await import("./attach")).attachFile(app, ...files),
  "askd.attachDocument": async (app) => (await import("./attach")).attachDocument(app),
  "askd.attachSelection": async (app) => (await import("./attach")).attachSelection(app),
  "askd.attachVisible": async (app) => (await import("./attach")).attachVisible(app),
  "askd.attachDiagnostics": async (app) => (await import("./attach")).attachDiagnostics(app),
  "askd.detach": async (app, what) => (await import("./attach")).detach(app, what as string | undefined),
  "askd.model": async (app, name) => (await import("./pick")).model(app, name as string | undefined),
  "askd.prompt": async (app, name) => (await import("./pick")).prompt(app, name as string | undefined),
};

const conversations: Record<string, Command> = {
  "askd.conversations": async (app, args) =>
    (await import("./pick")).conversations(app, args as ConversationsArgs | undefined),
  "askd.searchConversations": async (app, args) =>
    (await import("./pick")).searchConversations(app, args as ConversationsArgs | undefined),
  "askd.openConversation": (app, item) => about(app, item, "open"),
  "askd.renameConversation": (app, item) => about(app, item, "rename"),
  "askd.pinConversation": (app, item) => about(app, item, "pin"),
  "askd.unpinConversation": (app, item) => about(app, item, "unpin"),
  "askd.exportConversation": (app, item) => about(app, item, "exportMarkdown"),
  "askd.deleteConversation": (app, item) => about(app, item, "remove"),
  "askd.refreshConversations": (app) => app.conversations.refresh(),
  "askd.conversationsOfFolder": (app) => app.host.set("conversations", "folder"),
  "askd.conversationsOfAll": (app) => app.host.set("conversations", "all"),
};

type About = "open" | "rename" | "pin" | "unpin" | "exportMarkdown" | "remove";

async function about(app: App, item: unknown, what: About): Promise<void> {
  const tree = await import("./tree");
  await tree.withConversation(app, item, tree[what]);
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  "askd.ask": async (app, args) => (await import("./ask")).ask(app, args as AskArgs | undefined),
  "askd.rewrite": async (app, args) => (await import("./rewrite")).rewrite(app, args as RewriteArgs | undefined),
  "askd.accept": async (app, number) => (await import("./rewrite")).accept(app, number),
  "askd.reject": async (app, number) => (await import("./rewrite")).reject(app, number),
  "askd.suggest": suggest,
  "askd.stop": stop,
  "askd.compare": async (app, args) => (await import("./compare")).compare(app, args as CompareArgs | undefined),
  "askd.resume": async (app, args) => (await import("./resume")).resume(app, args as ResumeArgs | undefined),
  "askd.resumeAny": async (app) => (await import("./resume")).resume(app, { everywhere: true }),
  "askd.commit": async (app, repository, args) =>
    (await import("./commit")).commit(app, repository, args as Asked | undefined),
  "askd.commitWith": async (app, repository) => (await import("./commit")).commitWith(app, repository),
  "askd.health": (app) => app.health.show(),
  ...chats,
  ...goesAlong,
  ...conversations,
};
