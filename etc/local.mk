EXTRA_DIST += etc/demo/askd-demo-provider etc/demo/try .ci/packages .ci/run

# The models that askd knows.
dist_pkgdata_DATA += etc/models.ini

# The prompts that come with it.
promptsdir = $(pkgdatadir)/prompts
dist_prompts_DATA = etc/prompts/commit.md etc/prompts/edit.md etc/prompts/explain.md \
	etc/prompts/explain-command.md etc/prompts/fix.md etc/prompts/judge.md etc/prompts/review.md \
	etc/prompts/shell.md etc/prompts/summarize.md etc/prompts/tests.md etc/prompts/think.md etc/prompts/translate.md

# What a shell reads to have a key for ask.
shelldir = $(pkgdatadir)/shell
dist_shell_DATA = etc/shell/ask.bash etc/shell/ask.fish etc/shell/ask.zsh

# The link to them that configure made.
distclean-local:
	test . = "$(srcdir)" || rm -f etc/prompts

.PHONY: demo
demo: all
	$(top_srcdir)/etc/demo/try "What does a daemon do?"

# What a shell reads when a word of ask or askctl is completed, each where that shell looks for it: zsh by what stands
# in the file, bash and fish by its name, so that askctl has a link there.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_zshcompletion_DATA = etc/shell/completion/_ask
dist_fishcompletion_DATA = etc/shell/completion/ask.fish
EXTRA_DIST += etc/shell/completion/ask.bash

install-data-hook:
	$(MKDIR_P) "$(DESTDIR)$(bashcompletiondir)"
	$(INSTALL_DATA) "$(srcdir)/etc/shell/completion/ask.bash" "$(DESTDIR)$(bashcompletiondir)/ask"
	$(LN_S) -f ask "$(DESTDIR)$(bashcompletiondir)/askctl"
	$(LN_S) -f ask.fish "$(DESTDIR)$(fishcompletiondir)/askctl.fish"

uninstall-local:
	rm -f "$(DESTDIR)$(bashcompletiondir)/ask" "$(DESTDIR)$(bashcompletiondir)/askctl"
	rm -f "$(DESTDIR)$(fishcompletiondir)/askctl.fish"
