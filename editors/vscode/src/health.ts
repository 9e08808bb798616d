// `askd.health`: a document that says what is there and what is missing, with a mend for each.
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { App } from "./app";
import type { Disposable, OpenPages, Pages, PageStat } from "./host_api";
import { asError } from "./notify";
import type { Results } from "./protocol";
import { within } from "./within";
import { line } from "./words";

const FOLDER = "health";
const NAME = "askd.md";
const WAIT_MS = 6000; // for the daemon, also for one that is started

// All that the extension asks for, and what is missing without it.
const METHODS: Record<string, string> = {
  chat: "all that asks",
  complete: "suggestions",
  compare: "askd: Compare Models",
  status: "the status bar",
  "answer.attach": "what streams in",
  "answer.cancel": "askd: Stop",
  "answer.get": "chats",
  "answer.list": "askd: Resume an Answer",
  "answer.estimate": "askd: Last Chat of This Folder, and counting tokens",
  "conversation.get": "chats",
  "conversation.create": "instructions of a chat",
  "conversation.watch": "chats that others write in too, and the list of conversations",
  "conversation.head": "branches",
  "conversation.list": "conversations",
  "conversation.search": "askd: Search Conversations",
  "conversation.rename": "renaming",
  "conversation.delete": "deleting",
  "conversation.restore": "having a deleted one back",
  "conversation.export": "exporting",
  "models.list": "askd: Choose Model",
  "models.aliases": "aliases among the models",
  "prompt.list": "askd: Choose Prompt",
};

type Say = (word: "ok" | "note" | "**warning**" | "**error**", text: string, ...mends: string[]) => void;

async function isProgram(name: string): Promise<boolean> {
  const paths = name.includes("/")
    ? [name]
    : (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  for (const path of paths) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    ) {
      return true;
    }
  }
  return false;
}

function sayEditor(app: App, say: Say): void {
  say("ok", `${app.host.name} ${app.host.version}`);
  if (app.hasParticipant) {
    say("ok", "the chat view has @askd");
  } else {
    say("note", "this editor has no chat view for extensions: “askd: New Chat” is a document");
  }
  if (app.hasModels) {
    say("ok", "askd's models are offered to the chat view and to other extensions");
  } else {
    say("note", "this editor takes no models of extensions: that came with VS Code 1.104");
  }
}

async function sayPrograms(app: App, say: Say): Promise<void> {
  const askctl = app.host.setting("askctl");
  if (askctl === "") {
    say("note", "`askd.askctl` is empty: no daemon is started from here");
  } else if (await isProgram(askctl)) {
    say("ok", `${askctl} starts the daemon where none runs`);
  } else {
    say(
      "**warning**",
      `${askctl} cannot be run: a daemon has to run already`,
      "install askd, or name the program in the setting `askd.askctl`",
    );
  }
  const repositories = await app.host.repositories();
  if (repositories) {
    say("ok", `git, for “askd: Write Commit Message”; repositories here: ${repositories.length}`);
  } else {
    say("note", "the editor's git extension is not there: “askd: Write Commit Message” cannot be used");
  }
}

const MENDS: Record<string, string[]> = {
  unavailable: ["run `askctl doctor`", "or start it: `askd --user`"],
  permission_denied: ["run `askctl doctor`"],
  timeout: ["run `askctl status`", "restart the daemon if that hangs too"],
};

async function sayDaemon(app: App, say: Say): Promise<Results["status"] | undefined> {
  say("note", `socket: ${await app.client.socketPath()}`);
  let status: Results["status"];
  let server: Results["hello"];
  try {
    [status, server] = await within(
      WAIT_MS,
      Promise.all([app.client.request("status"), app.client.request("hello", { client: app.host.name, protocol: 1 })]),
      `it has not answered within ${WAIT_MS / 1000} s`,
    );
  } catch (fault) {
    const { code, message } = asError(fault);
    say("**error**", `${code}: ${message}`, ...(MENDS[code] ?? ["run `askctl doctor`"]));
    return undefined;
  }
  say("ok", `askd ${status.version}, pid ${status.pid}, protocol ${server.protocol}`);
  const missing = Object.keys(METHODS).filter((method) => !server.methods.includes(method));
  if (missing.length === 0) {
    say("ok", "it has all methods that are used here");
  } else {
    const what = missing.map((method) => `${method} (${METHODS[method]})`).join(", ");
    say("**warning**", `it lacks: ${what}`, "install the askd that this extension came with, and restart the daemon");
  }
  return status;
}

function sayProviders(status: Results["status"], say: Say): void {
  for (const { name, state, key_source } of status.providers) {
    if (state === "ready") {
      say("ok", `${name} is ready (key from ${key_source ?? "nowhere: it needs none"})`);
    } else if (state === "local") {
      say("note", `${name} is local: it is looked for when it is asked`);
    }
  }
  if (!status.providers.some(({ state }) => state === "ready")) {
    say("**warning**", "none is ready", "run `askctl setup`", "or `askctl keys import`");
  }
  if (status.default_model === "") {
    say("**warning**", "there is no default model", "name one: `askctl setup`, or `default_model` in askd.conf");
  } else {
    say("ok", `asked by default: ${status.default_model}`);
  }
}

/** What there is to say, as Markdown. */
export async function healthText(app: App): Promise<string> {
  const lines = ["# askd: health"];
  const section = (title: string): void => void lines.push("", `## ${title}`, "");
  const say: Say = (word, text, ...mends) => {
    lines.push(`- ${word}: ${line(text)}`, ...mends.map((mend) => `  - mend: ${line(mend)}`));
  };
  section("The editor");
  sayEditor(app, say);
  section("Programs");
  await sayPrograms(app, say);
  section("The daemon");
  const status = await sayDaemon(app, say);
  if (status) {
    section("Providers");
    sayProviders(status, say);
  }
  return `${lines.join("\n")}\n`;
}

export class Health implements Pages, Disposable {
  private readonly files: OpenPages;
  private text = Buffer.from("");
  private version = 0;

  constructor(private readonly app: App) {
    this.files = app.host.pages(FOLDER, this);
  }

  dispose(): void {
    this.files.dispose();
  }

  async stat(): Promise<PageStat> {
    if (this.version === 0) {
      await this.look(); // a window that was opened anew
    }
    return { bytes: this.text.length, version: this.version, isReadonly: true };
  }

  async read(): Promise<Uint8Array> {
    return this.text;
  }

  private async look(): Promise<void> {
    this.text = Buffer.from(await healthText(this.app));
    this.version++;
  }

  async show(): Promise<void> {
    await this.look();
    this.files.changed(NAME);
    await this.app.host.open(this.app.host.pageUri(FOLDER, NAME), { place: "here" });
  }
}
