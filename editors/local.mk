# Plugins, each as a folder that its editor can be given.
nobase_dist_pkgdata_DATA = \
	editors/README.md editors/emacs/askd-branch.el editors/emacs/askd-page.el editors/emacs/askd-patch.el \
	editors/emacs/askd-turns.el editors/emacs/askd-undo.el editors/nvim/README.md editors/nvim/doc/askd.txt \
	editors/nvim/lua/askd/answer.lua editors/nvim/lua/askd/apply.lua editors/nvim/lua/askd/args.lua \
	editors/nvim/lua/askd/ask.lua editors/nvim/lua/askd/attach.lua editors/nvim/lua/askd/branch.lua \
	editors/nvim/lua/askd/branches.lua editors/nvim/lua/askd/chat.lua editors/nvim/lua/askd/choose.lua \
	editors/nvim/lua/askd/client.lua editors/nvim/lua/askd/code.lua editors/nvim/lua/askd/commands.lua \
	editors/nvim/lua/askd/commit.lua editors/nvim/lua/askd/compare.lua editors/nvim/lua/askd/compat.lua \
	editors/nvim/lua/askd/diff.lua editors/nvim/lua/askd/ghost.lua editors/nvim/lua/askd/health.lua \
	editors/nvim/lua/askd/init.lua editors/nvim/lua/askd/known.lua editors/nvim/lua/askd/link.lua \
	editors/nvim/lua/askd/locate.lua editors/nvim/lua/askd/material.lua editors/nvim/lua/askd/next.lua \
	editors/nvim/lua/askd/notify.lua editors/nvim/lua/askd/options.lua editors/nvim/lua/askd/page.lua \
	editors/nvim/lua/askd/patch.lua editors/nvim/lua/askd/pick.lua editors/nvim/lua/askd/resume.lua \
	editors/nvim/lua/askd/rewrite.lua editors/nvim/lua/askd/send.lua editors/nvim/lua/askd/split.lua \
	editors/nvim/lua/askd/status.lua editors/nvim/lua/askd/stop.lua editors/nvim/lua/askd/suggest.lua \
	editors/nvim/lua/askd/turns.lua editors/nvim/lua/askd/typed.lua editors/nvim/lua/askd/view.lua \
	editors/nvim/lua/askd/wire.lua editors/nvim/plugin/askd.lua editors/vim/README.md \
	editors/vim/autoload/askd.vim editors/vim/autoload/askd/answer.vim editors/vim/autoload/askd/apply.vim \
	editors/vim/autoload/askd/args.vim editors/vim/autoload/askd/ask.vim editors/vim/autoload/askd/attach.vim \
	editors/vim/autoload/askd/branch.vim editors/vim/autoload/askd/branches.vim editors/vim/autoload/askd/chat.vim \
	editors/vim/autoload/askd/choose.vim editors/vim/autoload/askd/client.vim editors/vim/autoload/askd/code.vim \
	editors/vim/autoload/askd/commit.vim editors/vim/autoload/askd/compare.vim editors/vim/autoload/askd/diff.vim \
	editors/vim/autoload/askd/health.vim editors/vim/autoload/askd/look.vim editors/vim/autoload/askd/material.vim \
	editors/vim/autoload/askd/notify.vim editors/vim/autoload/askd/options.vim editors/vim/autoload/askd/page.vim \
	editors/vim/autoload/askd/patch.vim editors/vim/autoload/askd/pick.vim editors/vim/autoload/askd/pickers.vim \
	editors/vim/autoload/askd/resume.vim editors/vim/autoload/askd/rewrite.vim editors/vim/autoload/askd/run.vim \
	editors/vim/autoload/askd/send.vim editors/vim/autoload/askd/split.vim editors/vim/autoload/askd/status.vim \
	editors/vim/autoload/askd/suggest.vim editors/vim/autoload/askd/turns.vim editors/vim/autoload/askd/typed.vim \
	editors/vim/autoload/askd/words.vim editors/vim/doc/askd.txt editors/vim/plugin/askd.vim
