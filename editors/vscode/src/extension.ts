// What VS Code calls.
import { App } from "./app";
import { openHost } from "./host";

let app: App | undefined;

export function activate(): void {
  app = new App(openHost());
}

export function deactivate(): void {
  app?.dispose();
  app = undefined;
}
