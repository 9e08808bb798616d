// What the host makes of VS Code's own forms, with a `vscode` that has as much of them as is looked at here.
import assert from "node:assert/strict";
import Module from "node:module";
import { test } from "node:test";
import type { ExtensionContext } from "vscode";
import type { ModelPiece, ModelQuestion, ModelSource } from "../src/host_api";

class Part {
  constructor(...given: unknown[]) {
    Object.assign(this, { given });
  }
}

class TextPart extends Part {}
class CallPart extends Part {}
class DataPart extends Part {}

interface Provider {
  provideLanguageModelChatInformation(options: object): Promise<object[]>;
  provideLanguageModelChatResponse(...args: unknown[]): Promise<void>;
  provideTokenCount(model: object, text: unknown): Promise<number>;
}

const nothing = { dispose: () => undefined };
const said: unknown[] = [];
let provider: Provider | undefined;

const fake = {
  version: "1.104.0",
  ThemeColor: Part,
  EventEmitter: class {
    event = (): object => nothing;
    fire = (): void => undefined;
    dispose = (): void => undefined;
  },
  CancellationTokenSource: class {
    token = {};
    cancel = (): void => undefined;
  },
  LanguageModelTextPart: TextPart,
  LanguageModelToolCallPart: CallPart,
  LanguageModelDataPart: DataPart,
  lm: {
    registerLanguageModelChatProvider: (_: string, given: Provider) => {
      provider = given;
      return nothing;
    },
  },
  window: {
    visibleTextEditors: [],
    onDidChangeVisibleTextEditors: () => nothing,
    setStatusBarMessage: (text: string) => said.push(text),
    showQuickPick: async (items: Promise<object[]>) => {
      const all = await items;
      said.push(...all);
      return all[0];
    },
  },
  workspace: {
    onDidCloseTextDocument: () => nothing,
    workspaceFolders: [
      { uri: { scheme: "vscode-vfs", fsPath: "/github/repository" } },
      { uri: { scheme: "file", fsPath: "/home/me/work" } },
    ],
  },
};

const loader = Module as unknown as { _load(name: string, ...rest: unknown[]): unknown };
const load = loader._load.bind(loader);
loader._load = (name, ...rest) => (name === "vscode" ? fake : load(name, ...rest));
const { openHost } = require("../src/host") as typeof import("../src/host");
const host = openHost({} as ExtensionContext);

test("a folder that is on no disk has no path", () => {
  assert.deepEqual(host.folders(), ["/home/me/work"]);
});

test("a list shows titles as they are", async () => {
  said.length = 0;
  const chosen = await host.pick({ title: "x" }, [{ label: "what is $(date)?", description: "$(x)", value: 7 }]);
  host.hint("asking $(y)");
  assert.equal(chosen, 7);
  const item = { label: "what is \\$(date)?", description: "\\$(x)", value: 7 };
  assert.deepEqual(said, [item, "asking \\$(y)"]);
});

test("marks that were taken off are held no longer", () => {
  const { marks } = host as unknown as { marks: { marks: Map<string, unknown> } };
  const start = { line: 0, character: 0 };
  host.mark("a", "file:///x", [{ look: "note", range: { start, end: start }, words: "w" }]);
  host.mark("b", "file:///x", []);
  assert.equal(marks.marks.size, 1);
  host.mark("a", "file:///x", []);
  assert.equal(marks.marks.size, 0);
});

// What an agent of the editor asks, and what it is given.
async function asked(messages: object[], options: object, gives: ModelPiece[]): Promise<[ModelQuestion, unknown[]]> {
  let question: ModelQuestion | undefined;
  const source: ModelSource = {
    list: async () => [],
    count: async () => 5,
    answer: async (given, give) => {
      question = given;
      gives.forEach(give);
    },
  };
  assert.ok(host.models("askd", source));
  const reported: unknown[] = [];
  const progress = { report: (part: unknown) => reported.push(part) };
  await provider!.provideLanguageModelChatResponse({ id: "a/b" }, messages, options, progress, {});
  return [question!, reported];
}

test("calls of tools and their results are taken in the editor's forms, and given in them", async () => {
  const data = new Uint8Array([1, 2]);
  const messages = [
    { role: 3, content: [{ value: "be brief" }] },
    { role: 1, content: [{ value: "weather?" }, { mimeType: "image/png", data }] },
    { role: 2, content: [{ callId: "c1", name: "weather", input: { city: "Zürich" } }] },
    { role: 1, content: [{ callId: "c1", content: [{ value: "rain" }, { value: { a: "tree of VS Code's own" } }] }] },
  ];
  const schema = { type: "object" };
  const tools = [{ name: "weather", description: "tells it", inputSchema: schema }];
  const [question, reported] = await asked(messages, { tools, toolMode: 2, modelOptions: { seed: 1 } }, [
    { type: "text", text: "look: " },
    { type: "tool_call", id: "c2", name: "weather", input: { city: "Basel" } },
    { type: "data", mime: "image/png", data },
  ]);
  assert.deepEqual(question, {
    model: "a/b",
    messages: [
      { role: "system", pieces: [{ type: "text", text: "be brief" }] },
      { role: "user", pieces: [{ type: "text", text: "weather?" }, { type: "data", mime: "image/png", data }] },
      { role: "assistant", pieces: [{ type: "tool_call", id: "c1", name: "weather", input: { city: "Zürich" } }] },
      { role: "user", pieces: [{ type: "tool_result", id: "c1", content: [{ type: "text", text: "rain" }] }] },
    ],
    tools: [{ name: "weather", description: "tells it", schema }],
    mustCallTool: true,
    options: { seed: 1 },
  });
  assert.deepEqual(reported, [
    new TextPart("look: "),
    new CallPart("c2", "weather", { city: "Basel" }),
    new DataPart(data, "image/png"),
  ]);
  assert.equal(await provider!.provideTokenCount({ id: "a/b" }, messages[1]), 5);
});
