// Activates the extension as VS Code does, with a `vscode` that takes all calls and notes what is registered; prints that as
// JSON. The argument is the folder with package.json.
import { readFileSync } from "node:fs";
import Module from "node:module";
import { join } from "node:path";

interface Manifest {
  main: string;
  contributes: { configuration: { properties: Record<string, { default: unknown }> } };
}

const folder = process.argv[2]!;
const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
const registered: Record<string, string[]> = {};
let disposed = 0;

const disposable = { dispose: () => disposed++ };

// Whatever is asked of it is there, can be called and made, and gives the same again.
function anything(path: string): unknown {
  const target = function (): void {};
  return new Proxy(target, {
    get: (_, name) => {
      if (typeof name === "symbol" || name === "then") {
        return undefined;
      }
      return special[`${path}.${name}`] ?? special[name] ?? anything(`${path}.${name}`);
    },
    apply: (_, __, args: unknown[]) => {
      const name = path.split(".").at(-1)!;
      if (/^(register|create)/.test(name)) {
        (registered[name] ??= []).push(typeof args[0] === "string" ? args[0] : "");
        return { ...disposable, show: () => undefined, hide: () => undefined };
      }
      return /^on[A-Z]/.test(name) ? disposable : anything(path);
    },
    construct: () => anything(path) as object,
  });
}

const special: Record<string, unknown> = {
  version: "1.90.0",
  getConfiguration: (section: string) => ({
    get: (name: string) => manifest.contributes.configuration.properties[`${section}.${name}`]?.default,
  }),
  workspaceFolders: [],
  textDocuments: [],
  visibleTextEditors: [],
  activeTextEditor: undefined,
  all: [],
  subscriptions: [],
};

const loader = Module as unknown as { _load(name: string, ...rest: unknown[]): unknown };
const load = loader._load.bind(loader);
loader._load = (name, ...rest) => (name === "vscode" ? anything("vscode") : load(name, ...rest));

const before = performance.now();
const extension = require(join(folder, manifest.main)) as { activate(context: unknown): void; deactivate(): void };
extension.activate(anything("context"));
const took = performance.now() - before;
extension.deactivate();
process.stdout.write(`${JSON.stringify({ registered, disposed, took })}\n`, () => process.exit(0));
