// Where questions are asked: "last" is the newest conversation of the same place. VS Code has no terminal of its own, so a
// window's place is the folder that it shows.
import { homedir, hostname } from "node:os";
import type { Host } from "./host_api";
import type { Context } from "./protocol";

export function contextOf(host: Pick<Host, "folders">): Context {
  return { cwd: host.folders()[0] ?? homedir(), host: hostname() };
}
