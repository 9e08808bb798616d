EXTRA_DIST += etc/demo/askd-demo-provider etc/demo/try .ci/packages .ci/run

# The models that askd knows.
dist_pkgdata_DATA += etc/models.ini

.PHONY: demo
demo: all
	$(top_srcdir)/etc/demo/try "What does a daemon do?"
