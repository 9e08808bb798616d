"""What a program shows on a terminal of a given size."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import unicodedata

from conftest import PATIENCE


def bytes_on_terminal(command, env, columns=100, rows=30, stdin=subprocess.DEVNULL):
    """(exit status, what the terminal gets) of a command whose stdout and stderr are such a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    proc = subprocess.Popen([str(c) for c in command], env=env, stdin=stdin, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 1 << 16):
            shown += data
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return proc.wait(PATIENCE), shown


def on_terminal(command, env, *size, **how):
    """The same, as text."""
    status, shown = bytes_on_terminal(command, env, *size, **how)
    return status, shown.decode().replace("\r\n", "\n")


def asked_on_terminal(command, env, question, answer, cwd=None):
    """(exit status, what the terminal gets) of a command that has all of it, and is answered once it has asked."""
    ours, theirs = pty.openpty()
    proc = subprocess.Popen([str(c) for c in command], env=env, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown, answered = b"", False
    try:
        while data := os.read(ours, 1 << 16):
            shown += data
            if not answered and question.encode() in shown:
                os.write(ours, answer.encode())
                answered = True
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return proc.wait(PATIENCE), shown.decode().replace("\r\n", "\n")


def cells(text):
    """How many cells of a terminal a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def starts(line, word):
    """The cell of the terminal in which a word begins."""
    return cells(line[: line.index(word)])
