#!/bin/sh
# The whole test suite, from a fresh clone: sh packaging/test.sh
# The long ones, which it leaves out (kill -9 in every phase, soak tests): sh packaging/test.sh -m slow
# Sets up .venv once, then runs pytest with the given arguments, in the checkout's top folder.
set -eu
cd -- "$(dirname -- "$0")/.."
. packaging/setup.sh

set_up "[test]"
# shellcheck disable=SC2086 # a list of pairs
system_libraries tests $QT_LIBRARIES $DISPLAY_LIBRARIES
# Real IDX files; without them the tests that want them are skipped.
if [ ! -d /usr/share/datasets/fashion-mnist ] && may_install; then
    install_packages dataset-fashion-mnist || say "Tests on Fashion-MNIST will be skipped."
fi
# A screen and a message bus, for the tests of a window on a desktop; without them those are skipped.
if { ! command -v Xvfb || ! command -v dbus-run-session; } >/dev/null 2>&1 && may_install; then
    install_packages xvfb xauth dbus || say "Tests on a desktop will be skipped."
fi
exec .venv/bin/python -m pytest "$@"
