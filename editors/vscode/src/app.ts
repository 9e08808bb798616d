// The extension without its editor: one connection, and what shares it. Modules of commands are loaded when the first of
// their commands is given.
import { Answers } from "./answers";
import type { Changes } from "./change";
import { Chats } from "./chat";
import { Client } from "./client";
import { COMMANDS } from "./commands";
import { Health } from "./health";
import type { Disposable, Host } from "./host_api";
import { offerModels } from "./models";
import { Notify } from "./notify";
import { offerParticipant } from "./participant";
import { Running } from "./running";
import { Status } from "./status";
import { Conversations } from "./tree";
import { contextOf } from "./where";

export class App implements Disposable {
  readonly notify: Notify;
  readonly client: Client;
  readonly running = new Running();
  readonly answers: Answers;
  readonly chats: Chats;
  readonly status: Status;
  readonly health: Health;
  readonly conversations: Conversations;
  /** What the editor has, of what not all have. */
  readonly hasParticipant: boolean;
  readonly hasModels: boolean;
  private readonly parts: Disposable[] = [];
  private changes_: Promise<Changes> | undefined;
  private suggestions: Promise<Disposable> | undefined; // while they are on

  constructor(readonly host: Host) {
    this.notify = new Notify(host);
    this.client = new Client(
      {
        name: host.name,
        version: host.version,
        socket: () => host.setting("socket"),
        askctl: () => host.setting("askctl"),
        context: () => contextOf(host),
      },
      this.notify,
    );
    this.answers = new Answers(this);
    this.own(this.answers);
    this.chats = this.own(new Chats(this));
    this.status = this.own(new Status(this));
    this.health = this.own(new Health(this));
    this.conversations = this.own(new Conversations(this));
    this.hasParticipant = offerParticipant(this);
    this.hasModels = offerModels(this);
    this.own(host.onSettings(() => this.applySettings()));
    this.applySettings();
    for (const [id, fn] of Object.entries(COMMANDS)) {
      this.own(host.command(id, (...args) => this.notify.guard(() => fn(this, ...args))));
    }
  }

  /** Changes that are shown before they are made. */
  changes(): Promise<Changes> {
    this.changes_ ??= import("./change").then((module) => this.own(new module.Changes(this)));
    return this.changes_;
  }

  private applySettings(): void {
    this.client.checkSocket();
    const isOn = this.host.setting("suggest");
    if (isOn && !this.suggestions) {
      this.suggestions = import("./suggest").then((module) => new module.Suggestions(this));
    } else if (!isOn) {
      this.stopSuggesting();
    }
  }

  private stopSuggesting(): void {
    void this.suggestions?.then((suggestions) => suggestions.dispose());
    this.suggestions = undefined;
  }

  /** What ends with the extension. */
  own<T extends Disposable>(part: T): T {
    this.parts.push(part);
    return part;
  }

  dispose(): void {
    this.stopSuggesting();
    this.parts.reverse().forEach((part) => part.dispose());
    this.client.close();
    this.host.dispose();
  }
}
