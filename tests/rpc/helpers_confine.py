"""helpers_confine.py UNIT PROGRAM [ARGUMENT]...: runs a program as the unit's service would run, as far as system calls
and limits go and no service manager is needed: SystemCallFilter, SystemCallErrorNumber, MemoryDenyWriteExecute,
NoNewPrivileges, RestrictAddressFamilies, LimitNOFILE, LimitMEMLOCK.

The groups of system calls come from systemd-analyze, the filter is made by libseccomp as systemd's own is.
"""

import ctypes
import errno
import os
import resource
import socket
import subprocess
import sys

LIBRARY = "libseccomp.so.2"
ACT_ALLOW = 0x7FFF0000
ACT_ERRNO = 0x00050000
CMP_EQ, CMP_GE, CMP_MASKED_EQ = 4, 5, 7  # enum scmp_compare
PROT_WRITE, PROT_EXEC = 2, 4
PR_SET_NO_NEW_PRIVS = 38


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def service_settings(unit):
    """{name: [value, …]} of [Service]."""
    found, section = {}, None
    with open(unit) as f:
        for line in map(str.strip, f):
            if line.startswith("["):
                section = line
            elif section == "[Service]" and "=" in line and line[0] not in "#;":
                name, value = line.split("=", 1)
                found.setdefault(name, []).append(value)
    return found


def group(name):
    """All system calls of a group such as @system-service."""
    out = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    calls = set()
    for line in map(str.strip, out.splitlines()[1:]):
        if line.startswith("@"):
            calls |= group(line)
        elif line and not line.startswith("#"):
            calls.add(line)
    return calls


def allowed_calls(settings):
    """What the lines of SystemCallFilter leave: the first allows, those with a tilde take away."""
    first, *rest = settings["SystemCallFilter"]
    assert not first.startswith("~"), "a list of what is allowed"
    calls = group("@default")
    for line in [first, *rest]:
        take = line.startswith("~")
        for word in line.lstrip("~").split():
            found = group(word) if word.startswith("@") else {word}
            calls = calls - found if take else calls | found
    return calls | group("@default")


class Filter:
    def __init__(self, lib, default):
        self.lib = lib
        lib.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(default)))
        assert self.context

    def add(self, action, name, *compares):
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # not of this machine
            return
        array = (Compare * len(compares))(*compares)
        r = self.lib.seccomp_rule_add_array(self.context, ctypes.c_uint32(action), number, len(compares), array)
        assert r == 0, (name, os.strerror(-r))

    def load(self):
        r = self.lib.seccomp_load(self.context)
        assert r == 0, os.strerror(-r)


def confine(settings):
    lib = ctypes.CDLL(LIBRARY)
    for name, limit in (("LimitNOFILE", resource.RLIMIT_NOFILE), ("LimitMEMLOCK", resource.RLIMIT_MEMLOCK)):
        value = settings[name][0].replace("M", "*1048576").split("*")
        number = int(value[0]) * (int(value[1]) if value[1:] else 1)
        hard = resource.getrlimit(limit)[1]
        number = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(limit, (number, number))
    assert settings["SystemCallErrorNumber"] == ["EPERM"]
    refuse = ACT_ERRNO | errno.EPERM

    calls = Filter(lib, refuse)
    for name in allowed_calls(settings):
        calls.add(ACT_ALLOW, name)

    more = Filter(lib, ACT_ALLOW)
    if settings["MemoryDenyWriteExecute"] == ["yes"]:
        more.add(refuse, "mmap", Compare(2, CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC))
        more.add(refuse, "mprotect", Compare(2, CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC))
        more.add(refuse, "pkey_mprotect", Compare(2, CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC))
    families = {getattr(socket, name) for name in settings["RestrictAddressFamilies"][0].split()}
    for family in range(max(families) + 1):
        if family not in families:
            more.add(ACT_ERRNO | errno.EAFNOSUPPORT, "socket", Compare(0, CMP_EQ, family, 0))
    more.add(ACT_ERRNO | errno.EAFNOSUPPORT, "socket", Compare(0, CMP_GE, max(families) + 1, 0))  # and all above

    assert ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    more.load()
    calls.load()


if __name__ == "__main__":
    confine(service_settings(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
