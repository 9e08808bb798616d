// What VS Code calls.
import type { ExtensionContext } from "vscode";
import { App } from "./app";
import { openHost } from "./host";

let app: App | undefined;

export function activate(context: ExtensionContext): void {
  app = new App(openHost(context));
}

export function deactivate(): void {
  app?.dispose();
  app = undefined;
}
