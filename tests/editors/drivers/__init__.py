"""The editors of the conformance suite, by name."""

from drivers.emacs import GnuEmacs
from drivers.nvim import Neovim
from drivers.vim import Vim9
from drivers.vscode import Code

DRIVERS = {"nvim": Neovim, "vim": Vim9, "emacs": GnuEmacs, "vscode": Code}
