#!/usr/bin/python3
"""install.py FOLDER: code-server, a real host for VS Code's extensions, from npm's registry and from nowhere else.

No package's own script runs, for those load what is not on npm. Of the modules in C++ those are built, from the sources
that npm brings, without which no window comes up; terminals and Kerberos alone miss the others.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

# The last that Node 20 runs, and the first that lets an extension bring language models.
VERSION = "4.104.0"
CODE = pathlib.Path("node_modules/code-server")
VSCODE = CODE / "lib/vscode"
# folder: what its binding.gyp is to be told
NATIVE = {
    pathlib.Path("node_modules/argon2"): (
        "-Dmodule_name=argon2", "-Dmodule_path=./lib/binding/napi-v3", "-Dnapi_build_version=3",
    ),
    VSCODE / "node_modules/native-watchdog": (),
    VSCODE / "node_modules/@vscode/spdlog": (),  # or no log of the extensions' host is written
}  # fmt: skip


class Missing(Exception):
    pass


def run(folder, *words):
    told = {"npm_config_update_notifier": "false", "npm_config_nodedir": node_headers(), "PYTHON": sys.executable}
    env = {**os.environ, **told}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"{' '.join(words[:3])}: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def node_headers():
    """The folder with include/node, or node-gyp would load them."""
    node = pathlib.Path(shutil.which("node")).resolve()
    for folder in (node.parent.parent, pathlib.Path("/usr")):
        if (folder / "include/node/node.h").exists():
            return str(folder)
    raise Missing("there are no headers of Node (libnode-dev, or those that come with Node itself)")


def needed():
    for name in ("node", "npm", "make", "g++", "rg"):
        if shutil.which(name) is None:
            raise Missing(f"there is no {name}")


def npm_install(folder, *packages):
    run(folder, "npm", "install", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", *packages)


def build(folder, told):
    gyp = pathlib.Path(run(folder, "npm", "root", "-g").strip()) / "npm/node_modules/node-gyp/bin/node-gyp.js"
    if not gyp.exists():
        raise Missing("npm has brought no node-gyp")
    run(folder, "node", str(gyp), "rebuild", "--", *told)


def install(folder):
    needed()
    (folder / "package.json").write_text('{"private": true}\n')
    npm_install(folder, f"code-server@{VERSION}")
    npm_install(folder / VSCODE)
    for module, told in NATIVE.items():
        build(folder / module, told)
    for link, target in (
        (folder / VSCODE / "node_modules.asar", "node_modules"),
        (folder / VSCODE / "node_modules/@vscode/ripgrep/bin/rg", shutil.which("rg")),
    ):
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists() and done.read_text() == VERSION:
            return
        print(f"installing code-server {VERSION} into {folder}", flush=True)
        try:
            install(folder)
        except Missing as e:
            sys.exit(f"code-server cannot be had: {e}")
        done.write_text(VERSION)


if __name__ == "__main__":
    main()
