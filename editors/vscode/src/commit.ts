// `askd.commit`: the message of what is staged, into the box where the next commit's message is written.
import type { App } from "./app";
import { askedOf } from "./ask";
import type { Asked } from "./args";
import type { Repository } from "./host_api";
import type { Question } from "./protocol";
import { Sink } from "./sink";

const FLUSH_MS = 50;

/** What the menu of a repository tells of it. */
interface SourceControl {
  rootUri?: { fsPath?: string };
}

const writing = new Set<string>(); // roots of repositories whose message is being written

async function repositoryOf(app: App, given: unknown): Promise<Repository | undefined> {
  const all = await app.host.repositories();
  if (!all) {
    app.notify.warn("the editor's git extension is not there, or switched off");
    return undefined;
  }
  const root = (given as SourceControl | undefined)?.rootUri?.fsPath;
  const path = app.host.activeEditor()?.document.path;
  const holds = (repository: Repository): boolean => path !== undefined && path.startsWith(`${repository.root}/`);
  const found = all.find((repository) => repository.root === root) ?? (all.length === 1 ? all[0] : all.find(holds));
  if (!found && all.length === 0) {
    app.notify.warn("no folder of this window is in a repository of git");
  } else if (!found) {
    return app.host.pick(
      { title: "Repository" },
      all.map((each) => ({ label: each.root, value: each })),
    );
  }
  return found;
}

/** Streams the message before what the box holds already. */
async function write(app: App, repository: Repository, params: Question): Promise<void> {
  const before = repository.message().trim();
  let text = "";
  const show = (): void => repository.setMessage(before === "" ? text : `${text.trimEnd()}\n\n${before}`);
  const sink = new Sink({
    text: (piece) => {
      text += piece;
      show();
    },
    clear: () => {
      text = "";
      show();
    },
    state: () => undefined,
    pause: () => FLUSH_MS,
  });
  const call = app.client.stream("chat", params, sink);
  const running = app.running.add(`scm:${repository.root}`, call);
  try {
    await app.host.progress("askd: writing the commit message", call.result, () => call.cancel());
    sink.end(await call.result);
    text = text.trimEnd();
    show();
  } catch (fault) {
    sink.fail(fault);
    throw fault;
  } finally {
    running.dispose();
  }
}

/** words say more about the message. */
export async function commit(app: App, given?: unknown, args: Partial<Asked> = {}): Promise<void> {
  const repository = await repositoryOf(app, given);
  if (!repository) {
    return;
  } else if (writing.has(repository.root)) {
    return app.notify.warn("its message is being written");
  }
  writing.add(repository.root);
  try {
    const diff = await repository.staged();
    if (diff.trim() === "") {
      return app.notify.warn("nothing is staged: stage what the commit is to have");
    }
    const params: Question = {
      model: args.model ?? (app.host.setting("model") || undefined),
      template: args.prompt ?? "commit",
      prompt: diff,
      system: args.words || undefined,
      context: app.client.context(),
    };
    await write(app, repository, params);
  } finally {
    writing.delete(repository.root);
  }
}

/** `askd.commitWith`: asks what else the message is to be like. */
export async function commitWith(app: App, given?: unknown): Promise<void> {
  const asked = await askedOf(app, {}, "Commit message", "mp");
  if (asked) {
    await commit(app, given, asked);
  }
}
