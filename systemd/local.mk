# The units are made by configure, which knows where the programs will be.
if SYSTEM_UNITS
systemdsystemunit_DATA = systemd/system/askd.service systemd/system/askd.socket
endif
if USER_UNITS
systemduserunit_DATA = systemd/user/askd.service systemd/user/askd.socket
endif
if SYSUSERS
dist_sysusers_DATA = systemd/sysusers.d/askd.conf
else
EXTRA_DIST += systemd/sysusers.d/askd.conf
endif
if TMPFILES
dist_tmpfiles_DATA = systemd/tmpfiles.d/askd.conf
else
EXTRA_DIST += systemd/tmpfiles.d/askd.conf
endif
