"""The editors of the conformance suite, by name."""

from drivers.nvim import Neovim
from drivers.vim import Vim9

DRIVERS = {"nvim": Neovim, "vim": Vim9}
