#!/bin/sh
# From a fresh clone to a student that learns before your eyes: sh packaging/start.sh
# Sets up .venv once, then opens the window on the sample experiment and starts it. With no display the same experiment
# runs in the terminal. Arguments go to `kdstudio demo`. The last line on stdout is the run's folder.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

# In a shell of its own, so that paths among the arguments stay relative to where the person is.
(
    cd -- "$root"
    . packaging/setup.sh
    set_up ""
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        # shellcheck disable=SC2086 # lists of pairs
        system_libraries display $QT_LIBRARIES $DISPLAY_LIBRARIES ${WAYLAND_DISPLAY:+$WAYLAND_LIBRARIES}
    fi
)

if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ "$(uname -s)" != Darwin ]; then
    echo "There is no display: the experiment runs here, in the terminal." >&2
    exec "$root/.venv/bin/kdstudio" demo --headless "$@"
fi
exec "$root/.venv/bin/kdstudio" demo "$@"
