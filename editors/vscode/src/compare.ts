// `askd.compare`: the same question to several models, side by side. Each answer is a document of its own.
import type { App } from "./app";
import { aboutOf, askedOf, question, type AskArgs } from "./ask";
import { modelChoices } from "./pick";
import { AskdError } from "./protocol";

const COLUMNS = 9; // that VS Code has

export interface CompareArgs extends AskArgs {
  models?: readonly string[];
}

async function modelsOf(app: App, given: readonly string[] | undefined): Promise<readonly string[] | undefined> {
  const models = given ?? (await app.host.pickMany({ title: "Compare" }, modelChoices(app)));
  if (models && models.length < 2) {
    app.notify.warn("two models or more are compared");
    return undefined;
  } else if (models && models.length > COLUMNS) {
    app.notify.warn(`${COLUMNS} models at most stand side by side`);
    return undefined;
  }
  return models;
}

export async function compare(app: App, args: CompareArgs = {}): Promise<void> {
  const { document, lines } = aboutOf(app, args.about);
  const models = await modelsOf(app, args.models);
  const asked = models && (await askedOf(app, args, `Compare ${models.join(", ")}`, "pc"));
  if (!models || !asked) {
    return;
  }
  const params = question(app, asked, document, lines);
  if (typeof params === "string") {
    return app.notify.warn(params);
  }
  app.chats.extend(params, document?.uri);
  const { answers } = await app.client.request("compare", { ...params, models, detach: true });
  for (const [right, { answer }] of answers.filter(({ answer }) => answer).entries()) {
    await app.answers.show(answer, { right, keepFocus: right > 0 });
  }
  for (const { answer, error } of answers) {
    if (!answer && error) {
      app.notify.error(AskdError.of(error)); // the others tell it where they are shown
    }
  }
}
