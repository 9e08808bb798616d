# Plugins, each as a folder that its editor can be given.
nobase_dist_pkgdata_DATA = \
	editors/README.md editors/emacs/README.md editors/emacs/askd-answer.el editors/emacs/askd-apply.el \
	editors/emacs/askd-ask.el editors/emacs/askd-attach.el editors/emacs/askd-base.el editors/emacs/askd-branch.el \
	editors/emacs/askd-chat.el editors/emacs/askd-client.el editors/emacs/askd-code.el \
	editors/emacs/askd-commit.el editors/emacs/askd-compare.el editors/emacs/askd-diff.el \
	editors/emacs/askd-health.el editors/emacs/askd-lines.el editors/emacs/askd-link.el \
	editors/emacs/askd-locate.el editors/emacs/askd-markdown.el editors/emacs/askd-material.el \
	editors/emacs/askd-msgpack.el editors/emacs/askd-next.el editors/emacs/askd-page.el \
	editors/emacs/askd-patch.el editors/emacs/askd-pick.el editors/emacs/askd-resume.el \
	editors/emacs/askd-rewrite.el editors/emacs/askd-send.el editors/emacs/askd-sink.el \
	editors/emacs/askd-status.el editors/emacs/askd-suggest.el editors/emacs/askd-turns.el \
	editors/emacs/askd-undo.el editors/emacs/askd-view.el editors/emacs/askd.el editors/nvim/README.md \
	editors/nvim/doc/askd.txt editors/nvim/lua/askd/answer.lua editors/nvim/lua/askd/apply.lua \
	editors/nvim/lua/askd/args.lua editors/nvim/lua/askd/ask.lua editors/nvim/lua/askd/attach.lua \
	editors/nvim/lua/askd/branch.lua editors/nvim/lua/askd/branches.lua editors/nvim/lua/askd/chat.lua \
	editors/nvim/lua/askd/choose.lua editors/nvim/lua/askd/client.lua editors/nvim/lua/askd/code.lua \
	editors/nvim/lua/askd/commands.lua editors/nvim/lua/askd/commit.lua editors/nvim/lua/askd/compare.lua \
	editors/nvim/lua/askd/compat.lua editors/nvim/lua/askd/diff.lua editors/nvim/lua/askd/ghost.lua \
	editors/nvim/lua/askd/health.lua editors/nvim/lua/askd/init.lua editors/nvim/lua/askd/known.lua \
	editors/nvim/lua/askd/link.lua editors/nvim/lua/askd/locate.lua editors/nvim/lua/askd/material.lua \
	editors/nvim/lua/askd/next.lua editors/nvim/lua/askd/notify.lua editors/nvim/lua/askd/options.lua \
	editors/nvim/lua/askd/page.lua editors/nvim/lua/askd/patch.lua editors/nvim/lua/askd/pick.lua \
	editors/nvim/lua/askd/resume.lua editors/nvim/lua/askd/rewrite.lua editors/nvim/lua/askd/send.lua \
	editors/nvim/lua/askd/split.lua editors/nvim/lua/askd/status.lua editors/nvim/lua/askd/stop.lua \
	editors/nvim/lua/askd/suggest.lua editors/nvim/lua/askd/turns.lua editors/nvim/lua/askd/typed.lua \
	editors/nvim/lua/askd/view.lua editors/nvim/lua/askd/wire.lua editors/nvim/plugin/askd.lua \
	editors/vim/README.md editors/vim/autoload/askd.vim editors/vim/autoload/askd/answer.vim \
	editors/vim/autoload/askd/apply.vim editors/vim/autoload/askd/args.vim editors/vim/autoload/askd/ask.vim \
	editors/vim/autoload/askd/attach.vim editors/vim/autoload/askd/branch.vim \
	editors/vim/autoload/askd/branches.vim editors/vim/autoload/askd/chat.vim editors/vim/autoload/askd/choose.vim \
	editors/vim/autoload/askd/client.vim editors/vim/autoload/askd/code.vim editors/vim/autoload/askd/commit.vim \
	editors/vim/autoload/askd/compare.vim editors/vim/autoload/askd/diff.vim editors/vim/autoload/askd/health.vim \
	editors/vim/autoload/askd/look.vim editors/vim/autoload/askd/material.vim editors/vim/autoload/askd/notify.vim \
	editors/vim/autoload/askd/options.vim editors/vim/autoload/askd/page.vim editors/vim/autoload/askd/patch.vim \
	editors/vim/autoload/askd/pick.vim editors/vim/autoload/askd/pickers.vim editors/vim/autoload/askd/resume.vim \
	editors/vim/autoload/askd/rewrite.vim editors/vim/autoload/askd/run.vim editors/vim/autoload/askd/send.vim \
	editors/vim/autoload/askd/split.vim editors/vim/autoload/askd/status.vim editors/vim/autoload/askd/suggest.vim \
	editors/vim/autoload/askd/turns.vim editors/vim/autoload/askd/typed.vim editors/vim/autoload/askd/words.vim \
	editors/vim/doc/askd.txt editors/vim/plugin/askd.vim

# The extension of VS Code, which is built apart from all else, by `make vsix` and by its tests, in a folder that a build in
# the source tree does not take for sources.
vscode_sources = \
	editors/vscode/.npmrc editors/vscode/.vscodeignore editors/vscode/README.md editors/vscode/media/askd.svg \
	editors/vscode/pack/.npmrc editors/vscode/pack/pack editors/vscode/pack/package-lock.json \
	editors/vscode/pack/package.json editors/vscode/package-lock.json editors/vscode/package.json \
	editors/vscode/src/answers.ts editors/vscode/src/app.ts editors/vscode/src/apply.ts editors/vscode/src/args.ts \
	editors/vscode/src/ask.ts editors/vscode/src/attach.ts editors/vscode/src/block.ts \
	editors/vscode/src/branch.ts editors/vscode/src/branches.ts editors/vscode/src/change.ts \
	editors/vscode/src/chat.ts editors/vscode/src/client.ts editors/vscode/src/code.ts \
	editors/vscode/src/commands.ts editors/vscode/src/commit.ts editors/vscode/src/compare.ts \
	editors/vscode/src/diff.ts editors/vscode/src/extension.ts editors/vscode/src/health.ts \
	editors/vscode/src/host.ts editors/vscode/src/host_api.ts editors/vscode/src/host_chat.ts \
	editors/vscode/src/host_chat_api.ts editors/vscode/src/lines.ts editors/vscode/src/link.ts \
	editors/vscode/src/locate.ts editors/vscode/src/material.ts editors/vscode/src/models.ts \
	editors/vscode/src/next.ts editors/vscode/src/notify.ts editors/vscode/src/page.ts \
	editors/vscode/src/participant.ts editors/vscode/src/patch.ts editors/vscode/src/pick.ts \
	editors/vscode/src/protocol.ts editors/vscode/src/resume.ts editors/vscode/src/rewrite.ts \
	editors/vscode/src/running.ts editors/vscode/src/send.ts editors/vscode/src/settings.ts \
	editors/vscode/src/sink.ts editors/vscode/src/status.ts editors/vscode/src/suggest.ts \
	editors/vscode/src/tree.ts editors/vscode/src/turns.ts editors/vscode/src/view.ts editors/vscode/src/where.ts \
	editors/vscode/src/wire.ts editors/vscode/src/within.ts editors/vscode/src/words.ts \
	editors/vscode/test/activate.ts editors/vscode/test/block.test.ts editors/vscode/test/diff.test.ts \
	editors/vscode/test/drive.ts editors/vscode/test/drive_chat.ts editors/vscode/test/fake_chat_host.ts \
	editors/vscode/test/fake_host.ts editors/vscode/test/host.test.ts editors/vscode/test/lines.test.ts \
	editors/vscode/test/locate.test.ts editors/vscode/test/page.test.ts editors/vscode/test/probe.ts \
	editors/vscode/test/random.ts editors/vscode/test/sink.test.ts editors/vscode/test/text.test.ts \
	editors/vscode/test/turns.test.ts editors/vscode/test/wire.test.ts editors/vscode/tsconfig.json

EXTRA_DIST += $(vscode_sources)

vsix:
	$(srcdir)/editors/vscode/pack/pack $(srcdir)/editors/vscode build-vscode/packing $(VERSION)

clean-local:
	rm -rf build-vscode emacs-compiled stalls.lock

.PHONY: vsix
