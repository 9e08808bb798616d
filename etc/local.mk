EXTRA_DIST += etc/demo/askd-demo-provider etc/demo/try .ci/packages .ci/run

.PHONY: demo
demo: all
	$(top_srcdir)/etc/demo/try "What does a daemon do?"
