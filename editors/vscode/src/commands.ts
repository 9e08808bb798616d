// The commands, as package.json tells them to the user; a test holds the one against the other. Each loads its module.
import type { App } from "./app";
import type { AskArgs } from "./ask";
import type { RewriteArgs } from "./rewrite";

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

export const COMMANDS: Readonly<Record<string, (app: App, ...args: unknown[]) => unknown>> = {
  "askd.ask": async (app, args) => (await import("./ask")).ask(app, args as AskArgs | undefined),
  "askd.rewrite": async (app, args) => (await import("./rewrite")).rewrite(app, args as RewriteArgs | undefined),
  "askd.accept": async (app, number) => (await import("./rewrite")).accept(app, number),
  "askd.reject": async (app, number) => (await import("./rewrite")).reject(app, number),
  "askd.suggest": suggest,
  "askd.stop": stop,
};
