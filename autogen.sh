#!/bin/sh
# Makes configure from configure.ac; needs autoconf, automake, libtool, pkg-config, autoconf-archive.
set -e
cd "$(dirname "$0")"
mkdir -p m4
exec autoreconf --install --force --warnings=no-obsolete
