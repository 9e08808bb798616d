// `askd.resume`: answers that were asked for in this folder, running or ended, whoever asked; to be shown again.
import type { App } from "./app";
import type { Choice } from "./host_api";
import type { AnswerEntry } from "./protocol";
import { age, line } from "./words";

const CONVERSATIONS = 1000; // of this folder that are looked at

async function ofFolder(app: App, answers: AnswerEntry[]): Promise<AnswerEntry[]> {
  const params = { directory: app.client.context().cwd, limit: CONVERSATIONS };
  const here = new Set((await app.client.request("conversation.list", params)).map(({ conversation }) => conversation));
  return answers.filter(({ conversation }) => conversation !== undefined && here.has(conversation));
}

function choiceOf(entry: AnswerEntry): Choice<string> {
  const description = `${entry.state} · ${age(entry.started)} · ${entry.model}`;
  return { label: line(entry.preview) || "(nothing said)", description, value: entry.answer };
}

export interface ResumeArgs {
  answer?: string;
  /** Those of all folders, and of no conversation, of which nobody knows a folder. */
  everywhere?: boolean;
}

/** Of an id, that answer; without, the one that runs here, or a choice. */
export async function resume(app: App, { answer, everywhere = false }: ResumeArgs = {}): Promise<void> {
  if (answer !== undefined) {
    await app.answers.show(answer);
    return;
  }
  const all = await app.client.request("answer.list");
  const found = everywhere ? all : await ofFolder(app, all);
  const running = found.filter(({ state }) => state === "running");
  const ended = found.filter(({ state }) => state !== "running");
  if (running.length === 1) {
    await app.answers.show(running[0]!.answer);
    return;
  }
  const where = everywhere ? "anywhere" : "in this folder: “askd: Resume an Answer of Any Folder” looks everywhere";
  const none = `no answer runs, or is still kept, ${where}`;
  const chosen = await app.host.pick({ title: "Answer", none }, [...running, ...ended].map(choiceOf));
  if (chosen !== undefined) {
    await app.answers.show(chosen);
  }
}
