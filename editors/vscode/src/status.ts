// The item in the status bar: model, what runs, tokens and cost today. It shows what was told last; while the window has
// the focus, it is asked for anew every few seconds. No daemon is started for it.
import type { App } from "./app";
import type { Disposable, StatusItem } from "./host_api";
import type { Results } from "./protocol";
import { count, line } from "./words";

const EVERY_MS = 3000;

type Told = Results["status"];

export function todayOf(today: Told["today"]): string[] {
  const words: string[] = [];
  const tokens = today.input_tokens + today.output_tokens;
  if (tokens > 0) {
    words.push(`${count(tokens)} tokens`);
  }
  for (const { cost, currency } of today.cost) {
    words.push(`${cost.toFixed(2)} ${currency}`);
  }
  return words;
}

export class Status implements Disposable {
  private readonly item: StatusItem;
  private readonly parts: Disposable[];
  private told: Told | undefined;
  private isDown = false;
  private isAsking = false;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly app: App) {
    const { host, client, running } = app;
    this.item = host.statusItem("askd.model");
    const stopWatching = client.onState(() => this.look());
    this.parts = [
      this.item,
      running.onChange(() => this.look()),
      host.onActiveEditor(() => this.show()),
      host.onSettings(() => this.show()),
      { dispose: stopWatching },
    ];
    this.timer = setInterval(() => this.tick(), EVERY_MS);
    this.timer.unref();
    this.look();
  }

  dispose(): void {
    clearInterval(this.timer);
    this.parts.forEach((part) => part.dispose());
  }

  /** Something that it shows has changed. */
  refresh(): void {
    this.show();
  }

  private tick(): void {
    if (this.app.host.isFocused) {
      this.look();
    }
  }

  private look(): void {
    this.app.notify.protect(() => this.ask());
  }

  private async ask(): Promise<void> {
    const { client } = this.app;
    if (this.isAsking) {
      return this.show();
    }
    this.isAsking = true;
    try {
      const { phase } = client.state;
      const isThere = await client.isThere();
      this.isDown = !isThere || phase === "down";
      const mayAsk = isThere && (phase === "ready" || phase === "idle" || phase === "down");
      this.told = mayAsk ? await client.request("status").catch(() => undefined) : isThere ? this.told : undefined;
      this.isDown = mayAsk ? this.told === undefined : this.isDown;
    } finally {
      this.isAsking = false;
    }
    this.show();
  }

  private get model(): string {
    const uri = this.app.host.activeEditor()?.document.uri;
    const chat = this.app.chats.at(uri)?.askedModel;
    const answer = uri === undefined ? undefined : this.app.answers.at(uri)?.model;
    return chat || answer || this.app.host.setting("model") || this.told?.default_model || "askd";
  }

  private get isRunningHere(): boolean {
    const uri = this.app.host.activeEditor()?.document.uri;
    return uri !== undefined && this.app.running.has(uri);
  }

  private show(): void {
    const { told } = this;
    const running = Math.max(told?.answers ?? 0, this.app.running.count);
    const words = [this.model];
    if (this.isDown) {
      words.push("no daemon");
    }
    if (running > 0) {
      words.push(`${this.isRunningHere ? "… " : ""}${running} running`);
    }
    const today = told ? todayOf(told.today) : [];
    words.push(...today.map((word, i) => (i === 0 ? `today ${word}` : word)));
    if (told?.today.budgets.length) {
      words.push("budget!");
    }
    const tooltip = [
      told ? `askd ${told.version}` : "askd: no daemon was asked yet",
      ...(told?.today.budgets ?? []).map((name) => `the budget ${name} is nearly used up`),
      "click: choose a model",
    ];
    this.item.set({ text: line(words.join(" · ")), tooltip: tooltip.map(line).join("\n"), isFault: this.isDown });
  }
}
