import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os, { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, mock, test } from "node:test";
import { folderFault, socket } from "../src/locate";

let home = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "askd-l-"));
});

afterEach(() => rmSync(home, { recursive: true }));

function folder(name: string, mode: number): string {
  const path = join(home, name);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

test("a socket that is named is taken, by the settings before the environment", async () => {
  assert.deepEqual(await socket("/a", { ASKD_SOCKET: "/b" }), { path: "/a", kind: "named" });
  assert.deepEqual(await socket("", { ASKD_SOCKET: "/b" }), { path: "/b", kind: "named" });
});

test("the user's own is in their runtime folder, if that is private", async () => {
  const env = { HOME: home, XDG_STATE_HOME: home };
  mkdirSync(join(home, "askd"));
  const run = folder("run", 0o700);
  assert.deepEqual(await socket("", { ...env, XDG_RUNTIME_DIR: run }), { path: `${run}/askd/askd.sock`, kind: "user" });
  const open = folder("open", 0o755);
  assert.notEqual((await socket("", { ...env, XDG_RUNTIME_DIR: open })).path, `${open}/askd/askd.sock`);
  assert.notEqual((await socket("", { ...env, XDG_RUNTIME_DIR: "run" })).path, "run/askd/askd.sock");
});

test("a folder that others may write to is not trusted", async () => {
  const fault = (path: string, kind: "named" | "user"): Promise<string | undefined> =>
    folderFault({ path: join(path, "askd.sock"), kind });
  assert.equal(await fault(folder("own", 0o700), "user"), undefined);
  assert.equal(await fault(join(home, "none"), "user"), undefined);
  assert.match((await fault(folder("shown", 0o755), "user"))!, /open to others/);
  assert.equal(await fault(join(home, "shown"), "named"), undefined);
  assert.match((await fault(folder("group", 0o770), "named"))!, /others can write/);
  assert.equal(await fault(folder("sticky", 0o1777), "named"), undefined);
  symlinkSync(join(home, "own"), join(home, "link"));
  assert.match((await fault(join(home, "link"), "named"))!, /link or no folder/);
});

test("a user without a name has a socket too", async () => {
  const unnamed = mock.method(os, "userInfo", () => {
    throw new Error("no such user");
  });
  try {
    assert.equal((await socket("", { HOME: home })).kind, "user");
  } finally {
    unnamed.mock.restore();
  }
});
