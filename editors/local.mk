# Plugins, each as a folder that its editor can be given.
nobase_dist_pkgdata_DATA = \
	editors/README.md
