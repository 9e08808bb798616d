// The extension on the host in memory, driven by lines of JSON: {"id", "do", "args"} comes in on stdin, and
// {"id", "result"} or {"id", "error"} goes out on stdout once it is done. What takes long holds nothing else up.
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { App } from "../src/app";
import type { Position, Range } from "../src/host_api";
import type { Settings } from "../src/settings";
import { chatActs } from "./drive_chat";
import { FakeHost } from "./fake_host";
import { Probe } from "./probe";

const host = new FakeHost(process.argv.slice(2));
const loaded = Object.keys(require.cache).length;
const app = new App(host);
let probe: Probe | undefined;

type Act = (...args: never[]) => unknown;

const ACTS: Record<string, Act> = {
  // what a user does
  command: (id: string, ...args: unknown[]) => host.run(id, ...args),
  open: async (uri: string) => (await host.open(uri, { place: "here" })).uri,
  untitled: (text: string, language: string) => host.openUntitled(text, language).uri,
  close: (uri: string) => host.close(uri),
  focus: (uri: string) => host.focus(uri),
  select: (start: Position, end?: Position) => host.select(start, end),
  see: (first: number, last: number) => {
    host.active!.seen = { start: { line: first, character: 0 }, end: { line: last, character: 0 } };
  },
  type: (text: string) => host.type(text),
  edit: (uri: string, range: Range, text: string) => host.edit(uri, [{ range, text }]),
  undo: (uri: string) => host.undo(uri),
  save: (uri: string, isByUser?: boolean) => host.save(uri, isByUser ?? true),
  revert: (uri: string) => host.revert(uri),
  answer: (text: string | undefined) => host.inputs.shift()!.answer(text ?? undefined),
  accept: (what: "all" | "word" | "line") => host.suggestions.accept(what),
  hide: () => host.suggestions.hide(),
  invoke: () => host.suggestions.ask(true),
  set: (name: keyof Settings, value: never) => host.set(name, value),
  // what there is to see
  text: (uri: string) => host.document(uri)?.text(),
  documents: () => host.editors().map(({ document }) => document.uri),
  active: () => host.active?.document.uri,
  told: () => host.told,
  inputs: () => host.inputs.map(({ box }) => box),
  marks: (uri: string) => [...(host.marks.get(uri)?.values() ?? [])].flat(),
  lenses: (uri: string) => host.lensesAt(uri),
  diffs: () => host.diffs,
  ran: () => host.ran,
  suggestion: () => host.suggestions.shown,
  commands: () => [...host.commands.keys()],
  running: () => app.running.count,
  // what is behind it
  held: () => app.client.held(),
  phase: () => app.client.state.phase,
  server: () => app.client.state.server,
  request: (method: "status", params: object) => app.client.request(method, params),
  breakConnection: () => {
    // What we send is shut, whereupon the daemon hangs up.
    const { link } = app.client as unknown as { link: { socket: Socket } };
    link.socket.end();
  },
  crowd: async (count: number) => {
    const codes: Record<string, number> = {};
    const asked = Array.from({ length: count }, () => app.client.request("status"));
    for (const each of await Promise.allSettled(asked)) {
      const code = each.status === "rejected" ? (each.reason as { code: string }).code : "none";
      codes[code] = (codes[code] ?? 0) + 1;
    }
    return codes;
  },
  loaded: () => Object.keys(require.cache).slice(loaded),
  watchLoop: () => {
    probe = new Probe();
  },
  loopDelay: () => probe!.stop(),
  hold: (ms: number) => {
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < ms * 1000);
  },
  ...chatActs(host),
  dispose: () => {
    app.dispose();
    return host.listening;
  },
};

interface Told {
  id: number;
  do: string;
  args?: never[];
}

async function carryOut({ id, do: what, args }: Told): Promise<void> {
  let reply: object;
  try {
    const act = ACTS[what];
    if (!act) {
      throw new Error(`there is nothing called ${what} to do`);
    }
    reply = { id, result: (await act(...(args ?? []))) ?? null };
  } catch (fault) {
    const { code, message } = fault as { code?: string; message?: string };
    reply = { id, error: code ? `${code}: ${message}` : (message ?? String(fault)) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

createInterface({ input: process.stdin })
  .on("line", (line) => void carryOut(JSON.parse(line) as Told))
  .on("close", () => process.exit(0));
