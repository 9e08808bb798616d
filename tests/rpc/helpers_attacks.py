"""Texts that would make a terminal do what nobody asked for, and a reader of what a terminal gets, which knows the few
sequences that are ours."""

import re

# What each would do stands in its name.
ATTACKS = {
    "csi: clear the screen": b"\x1b[2J\x1b[H",
    "csi: colour that stays": b"\x1b[31;5mred",
    "csi: up, over what stands there": b"\x1b[5A\x1b[1Gask: all is well",
    "csi: move the region in which it scrolls": b"\x1b[1;2r",
    "csi: the other screen": b"\x1b[?1049h",
    "csi: report the mouse": b"\x1b[?1003h\x1b[?1006h",
    "csi: hide the cursor": b"\x1b[?25l",
    "csi: type the device's attributes": b"\x1b[c\x1b[>c\x1b[=c",
    "csi: type the cursor's position": b"\x1b[6n\x1b[?6n\x1b[5n",
    "csi: type the window's title": b"\x1b[21t",
    "csi: end a bracketed paste": b"\x1b[201~rm -rf ~\r",
    "csi: print to the printer": b"\x1b[5i text \x1b[4i",
    "csi: never ended": b"\x1b[38;2;1;2",
    "osc 0: title": b"\x1b]0;owned\x07",
    "osc 2: title, by st": b"\x1b]2;owned\x1b\\",
    "osc 8: a link that shows another": b"\x1b]8;;http://evil.example/\x1b\\https://good.example\x1b]8;;\x1b\\",
    "osc 10: type the colour": b"\x1b]10;?\x07\x1b]11;?\x07",
    "osc 50: type the font": b"\x1b]50;?\x07",
    "osc 52: fill the clipboard": b"\x1b]52;c;cm0gLXJmIH4K\x07",
    "osc 52: type the clipboard": b"\x1b]52;c;?\x07",
    "osc 133: marks of the shell": b"\x1b]133;A\x07\x1b]133;C\x07",
    "osc 1337: write a file": b"\x1b]1337;File=name=LmJhc2hyYw==;inline=0:QQ==\x07",
    "osc: never ended": b"\x1b]0;all that follows",
    "dcs: type a setting": b"\x1bP$qm\x1b\\",
    "dcs: sixel": b"\x1bPq#0;2;0;0;0#0~~\x1b\\",
    "dcs: through tmux": b"\x1bPtmux;\x1b\x1b]52;c;QQ==\x07\x1b\\",
    "apc: kitty's pictures": b"\x1b_Ga=T,f=24;AAAA\x1b\\",
    "pm": b"\x1b^private\x1b\\",
    "sos": b"\x1bXstring\x1b\\",
    "esc: reset": b"\x1bc",
    "esc: another character set": b"\x1b(0lqqk\x0e\x0f",
    "esc: type the terminal's name": b"\x1bZ\x05",
    "esc: alone at the end": b"text\x1b",
    "c1 as bytes": b"\x9b31m\x9d0;owned\x9c\x90q\x9c",
    "c1 as utf-8": b"\xc2\x9b31m\xc2\x9d0;owned\xc2\x9c\xc2\x85",
    "bel": b"\x07\x07\x07",
    "backspaces over what is there": b"rm -rf ~\b\b\b\b\b\b\b\bls      ",
    "a carriage return over what is there": b"rm -rf ~\rls      ",
    "vertical tab and form feed": b"a\x0bb\x0cc",
    "del": b"a\x7f\x7fb",
    "nul": b"a\x00b",
    "utf-8 that is none": b"a\xff\xfe\xc3(\xf0\x9f",
    "utf-8 longer than it may be": b"\xc0\x9b31m\xe0\x80\x9b31m\xc0\x8a",
    "utf-8 of a surrogate": b"\xed\xa0\x9b\xed\xb0\x9b",
    "bidi override": "abc\u202edcba\u2066x\u2069\u200f".encode(),
    "no width": "a\u200bb\u2060c\ufeffd\u00ad\u034f".encode(),
    "tags": "a\U000e0041\U000e0042b".encode(),
    "10,000 marks over one letter": b"a" + "\u0301".encode() * 10000,
    "markdown: controls in an address": b"[x](https://a.example/\x1b]0;owned\x07) [y](<https://b.example/\x1b[2J>)",
    "markdown: an address that ends the sequence": b"[x](https://a.example/%1b\\\x1b\\\x1b]52;c;QQ==\x07)",
    "markdown: another scheme": b"[x](javascript:alert) [y](file:///etc/passwd) ![z](data:x,\x1b[2J)",
    "markdown: entities": b"&#27;[2J &#x1b;]0;owned&#7; &#155;31m &#x9d;0;t&#x9c; &NewLine;&#0;&#8;&#127;",
    "markdown: a fence's language": b"\n```\x1b]0;owned\x07sh\x1b[2J\nls\x1b[2J\n```\n",
    "markdown: a table's cells": b"\n| a\x1b[2J | b |\n|---|---|\n| \x9b2J | \x1b]0;t\x07 |\n",
    "markdown: a heading": b"\n# head\x1b[2J\x07ing\n",
    "markdown: html": b"<a href='\x1b]0;t\x07'>x</a> <!-- \x1b[2J -->",
    "markdown: code in a line": b"`a\x1b[2J\x07`",
}

# Of a screen that is drawn: colours and weights, lines up and down, erasing, the cursor, synchronised output.
SEQUENCE = re.compile(
    rb"\x1b\[(?:0(?:;[1-4])*(?:;3[0-7])?|1|22)m|\x1b\[[0-9]*[AB]|\x1b\[[KJ]"
    rb"|\x1b\[\?2026h\x1b\[\?25l|\x1b\[\?25h\x1b\[\?2026l"
)
LINK = re.compile(rb"\x1b\]8;;(?:(?:https?://|mailto:)[\x21-\x7e]*)?\x1b\\")
HIDING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\u2060\ufeff\u00ad\U000e0041"


LINE = re.compile(rb"\r+\n|\r(?=\x1b\[)")


def foreign(shown, drawn=False, bare=False):
    """What there is in it beside text, lines, tabs and, where it is drawn, our sequences: a list of pieces. bare: marks
    that turn or hide text are text too."""
    found, at = [], 0
    while at < len(shown):
        m = LINE.match(shown, at) or ((SEQUENCE.match(shown, at) or LINK.match(shown, at)) if drawn else None)
        if m:
            at = m.end()
            continue
        if (shown[at] < 0x20 and shown[at] != 0x09) or shown[at] == 0x7F:
            found.append(shown[at : at + 20])
        at += 1
    try:
        text = shown.decode()
    except UnicodeDecodeError as e:
        return [*found, shown[e.start - 5 : e.start + 10]]
    found += re.findall("[\x80-\x9f].{,10}", text)
    if drawn and not bare:
        found += [repr(c) for c in HIDING if c in text]
    return found
