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
