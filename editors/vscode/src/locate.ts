// Which daemon, and where we are: what lib/ask/locate.c and client/common/where.c are for the programs. The folder of the
// socket is checked, so that nobody else's socket is taken for the daemon's. Who serves it, Node.js cannot tell.
import type { Stats } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { dirname } from "node:path";

const SYSTEM = "/run/askd/askd.sock";

export type Kind = "named" | "user" | "system";

export interface Place {
  readonly path: string;
  readonly kind: Kind;
}

type Environment = Readonly<Record<string, string | undefined>>;

async function look(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch {
    return undefined;
  }
}

// Not userInfo(): a user need not have a name, as in containers.
const uid = (): number => process.getuid!();

async function isPrivateFolder(path: string): Promise<boolean> {
  const st = path.startsWith("/") ? await look(path) : undefined;
  return st !== undefined && st.isDirectory() && st.uid === uid() && (st.mode & 0o77) === 0;
}

async function userSocket(env: Environment): Promise<string> {
  for (const folder of [env["XDG_RUNTIME_DIR"] ?? "", `/run/user/${uid()}`]) {
    if (await isPrivateFolder(folder)) {
      return `${folder}/askd/askd.sock`;
    }
  }
  return `/tmp/askd-${uid()}/askd.sock`;
}

function xdg(env: Environment, name: string, belowHome: string): string {
  const folder = env[name];
  return folder?.startsWith("/") ? folder : (env["HOME"] ?? "") + belowHome;
}

// Whether this user has a daemon of their own, even if it does not run now.
async function userHasDaemon(env: Environment): Promise<boolean> {
  const signs = [`${xdg(env, "XDG_STATE_HOME", "/.local/state")}/askd`];
  for (const folder of [`${xdg(env, "XDG_CONFIG_HOME", "/.config")}/systemd/user`, "/etc/systemd/user"]) {
    signs.push(`${folder}/askd.socket`, `${folder}/askd.service`);
  }
  for (const sign of signs) {
    if (await look(sign)) {
      return true;
    }
  }
  return false;
}

/** The socket. `named`: what the user's settings say, "" where they say nothing. */
export async function socket(named: string, env: Environment = process.env): Promise<Place> {
  const path = named || env["ASKD_SOCKET"];
  if (path) {
    return { path, kind: "named" };
  }
  const own = await userSocket(env);
  if (!(await look(own)) && (await look(SYSTEM)) && !(await userHasDaemon(env))) {
    return { path: SYSTEM, kind: "system" };
  }
  return { path: own, kind: "user" };
}

async function uidOfAskd(): Promise<number | undefined> {
  const users = await readFile("/etc/passwd", "utf8").catch(() => "");
  const found = /^askd:[^:]*:(\d+):/m.exec(users);
  return found ? Number(found[1]) : undefined;
}

async function trusts(kind: Kind, other: number): Promise<boolean> {
  if (kind !== "system" && other === uid()) {
    return true;
  }
  return kind !== "user" && (other === 0 || other === (await uidOfAskd()));
}

/** Why the socket's folder cannot be trusted. A folder that is not there is no fault: nobody listens. */
export async function folderFault({ path, kind }: Place): Promise<string | undefined> {
  const folder = dirname(path);
  const st = await look(folder);
  if (!st) {
    return undefined;
  }
  const isSticky = kind === "named" && (st.mode & 0o1000) !== 0;
  if (!st.isDirectory()) {
    return `${folder} is a link or no folder: name the real folder`;
  } else if (!(await trusts(kind, st.uid))) {
    return `the folder of ${path} belongs to uid ${st.uid}: remove it or name another socket`;
  } else if (kind === "user" && (st.mode & 0o77) !== 0) {
    return `the folder of ${path} is open to others: chmod 0700 it`;
  } else if ((st.mode & 0o22) !== 0 && !isSticky) {
    return `others can write to the folder of ${path}: chmod go-w it`;
  }
  return undefined;
}
