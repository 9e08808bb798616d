// What a test can do with chats, lists and the status bar of the host in memory, and look at there.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ModelPiece, ModelQuestion, Reference, Repository } from "../src/host_api";
import type { FakeHost } from "./fake_host";

const run = promisify(execFile);

class FakeRepository implements Repository {
  text = "";

  constructor(readonly root: string) {}

  message(): string {
    return this.text;
  }

  setMessage(text: string): void {
    this.text = text;
  }

  async staged(): Promise<string> {
    return (await run("git", ["-C", this.root, "diff", "--cached"], { maxBuffer: 64 << 20 })).stdout;
  }
}

function cancellation(): {
  token: { isCancelled: boolean; onCancel(fn: () => void): { dispose(): void } };
  cancel(): void;
} {
  const listeners = new Set<() => void>();
  const token = {
    isCancelled: false,
    onCancel: (fn: () => void) => {
      listeners.add(fn);
      return { dispose: () => void listeners.delete(fn) };
    },
  };
  const cancel = (): void => {
    token.isCancelled = true;
    listeners.forEach((fn) => fn());
  };
  return { token, cancel };
}

interface Thread {
  words: string;
  command?: string;
  before?: object;
  references?: Reference[];
  model?: { vendor: string; id: string };
}

// Bytes do not go through JSON.
const legible = (piece: ModelPiece): object =>
  piece.type === "data" ? { ...piece, data: Buffer.from(piece.data).toString("base64") } : piece;

function given(piece: ModelPiece & { base64?: string }): ModelPiece {
  if (piece.type === "tool_result") {
    return { ...piece, content: piece.content.map(given) };
  }
  return piece.type === "data" ? { ...piece, data: Buffer.from(piece.base64!, "base64") } : piece;
}

export function chatActs(host: FakeHost): Record<string, (...args: never[]) => unknown> {
  let cancel: () => void = () => undefined;
  const said: string[] = [];
  const shown: object[] = [];
  return {
    // lists
    offered: () => host.offered.map(({ title, choices }) => ({ title, choices })),
    choose: (...labels: string[]) => host.offered.shift()!.answer(labels.length > 0 ? labels : undefined),
    files: (...paths: string[]) => host.chosenFiles.push(paths),
    tree: async (view: string) => host.trees.get(view)!(),
    treeChanges: () => host.treeChanges.length,
    // documents
    // At the end, wherever that has gone by now.
    write: (uri: string, text: string) => {
      host.focus(uri);
      host.moveToEnd(uri);
      host.type(text);
    },
    isDirty: (uri: string) => host.document(uri)?.isDirty,
    cursorOf: (uri: string) => host.editorOf(uri).selection.start,
    remembered: () => Object.fromEntries(host.remembered),
    diagnose: (uri: string, all: never[]) => host.diagnostics_.set(uri, all),
    // the window
    hints: () => host.hints,
    status: () => host.status,
    repository: (root: string) => (host.repositories_ = [...(host.repositories_ ?? []), new FakeRepository(root)]),
    message: (root: string) => host.repositories_!.find((each) => each.root === root)!.message(),
    setMessage: (root: string, text: string) =>
      host.repositories_!.find((each) => each.root === root)!.setMessage(text),
    progresses: () => host.progresses.map(({ title }) => title),
    cancelProgress: () => host.progresses[0]!.cancel(),
    // the editor's own chat view, and whoever uses models
    thread: async ({ words, command, before, references, model }: Thread) => {
      const one = cancellation();
      cancel = one.cancel;
      said.length = shown.length = 0;
      const reply = {
        markdown: (text: string) => void said.push(text),
        progress: (text: string) => void shown.push({ progress: text }),
        button: (title: string, id: string, args: readonly unknown[]) => void shown.push({ title, id, args }),
      };
      const question = { words, command, before, model, references: references ?? [] };
      return host.answerer!(question, reply, one.token);
    },
    said: () => said.join(""),
    shown: () => shown,
    cancel: () => cancel(),
    modelList: (isSilent = false) => host.source!.list(isSilent),
    modelCount: (model: string, text: string) => host.source!.count(model, text),
    modelAnswer: async (asked: ModelQuestion) => {
      const one = cancellation();
      cancel = one.cancel;
      const pieces: object[] = [];
      const messages = asked.messages.map((message) => ({ ...message, pieces: message.pieces.map(given) }));
      await host.source!.answer({ ...asked, messages }, (piece) => pieces.push(legible(piece)), one.token);
      return pieces;
    },
  };
}
