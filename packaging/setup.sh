# Read by start.sh and test.sh, not run: makes .venv in the checkout once, and installs what Qt needs from the system.
# POSIX sh. Everything that it says goes to stderr: stdout belongs to the program.

stamp=.venv/.kdstudio-installed  # what was installed, when it was installed to its end
unfinished=.venv/.kdstudio-unfinished  # there while an installation is going on, or was cut off

say() {
    printf '%s\n' "$*" >&2
}

# The first Python from 3.11 on that can make virtual environments; PYTHON names another one.
find_python() {
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3.14 python3 python; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

need_python() {
    if find_python; then
        return
    fi
    if may_install; then
        say "No Python 3.11 or newer with its venv module is here; trying the system's packages."
        install_packages python3 python3-venv || true
        if find_python; then
            return
        fi
    fi
    say "KD Studio needs Python 3.11 or newer with its venv module, and found none."
    say "Debian and Ubuntu: apt-get install python3 python3-venv. Another one can be named: PYTHON=/path/to/python3.12"
    return 1
}

# Whether this is a system with apt-get, and we may use it without asking for a password.
may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1
}

install_packages() {
    as_root=
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    say "Installing $* ..."
    {
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get update
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
    } </dev/null >&2
}

# What is installed, and from where: a change in any of it means that installing is due again.
fingerprint() {
    .venv/bin/python - "$1" <<'END' 2>/dev/null
import hashlib, os, sys
seen = hashlib.sha256()
for path in ("pyproject.toml", "packaging/constraints.txt"):
    with open(path, "rb") as file:
        seen.update(file.read())
seen.update(f"{sys.version} {os.getcwd()} {sys.argv[1]}".encode())
print(seen.hexdigest())
END
}

pip() {
    .venv/bin/python -m pip --disable-pip-version-check "$@" -c packaging/constraints.txt </dev/null >&2
}

# set_up "" | "[test]": .venv with the program, and what the extra names. Does nothing when that has been done.
set_up() {
    if [ -e "$unfinished" ]; then
        say "An earlier installation was cut off; making .venv anew."
        rm -rf .venv
    elif [ -e .venv ] && ! .venv/bin/python -c '' >/dev/null 2>&1; then
        say "The Python of .venv does not start (it may have moved); making .venv anew."
        rm -rf .venv
    fi
    # The tests' tools include all that the program alone needs.
    for extra in "$1" "[test]"; do
        if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$extra")" ]; then
            return
        fi
    done
    if [ -e "$stamp" ] && [ "$(cat "$stamp.extra" 2>/dev/null)" = "[test]" ]; then
        set -- "[test]"
    fi
    if [ ! -e .venv ]; then
        python=$(need_python)
        say "Making .venv with $python ..."
        mkdir .venv
        : >"$unfinished"
        "$python" -m venv .venv </dev/null >&2
    fi
    : >"$unfinished"
    # torch by itself and first, in the very version: what needs "any torch" would fetch the newest and largest.
    say "Installing torch, the largest part; this takes some minutes ..."
    pip install "$(grep '^torch==' packaging/constraints.txt)"
    say "Installing KD Studio ..."
    pip install -e ".$1"
    printf '%s\n' "$1" >"$stamp.extra"
    fingerprint "$1" >"$stamp"
    rm "$unfinished"
}

# Shared libraries that Qt loads and no wheel brings, each with its Debian package.
QT_LIBRARIES="
libEGL.so.1=libegl1 libGL.so.1=libgl1 libOpenGL.so.0=libopengl0 libxkbcommon.so.0=libxkbcommon0
libdbus-1.so.3=libdbus-1-3 libfontconfig.so.1=libfontconfig1 libglib-2.0.so.0=libglib2.0-0
"
DISPLAY_LIBRARIES="
libX11-xcb.so.1=libx11-xcb1 libxkbcommon-x11.so.0=libxkbcommon-x11-0 libxcb-cursor.so.0=libxcb-cursor0
libxcb-icccm.so.4=libxcb-icccm4 libxcb-image.so.0=libxcb-image0 libxcb-keysyms.so.1=libxcb-keysyms1
libxcb-randr.so.0=libxcb-randr0 libxcb-render.so.0=libxcb-render0 libxcb-render-util.so.0=libxcb-render-util0
libxcb-shape.so.0=libxcb-shape0 libxcb-shm.so.0=libxcb-shm0 libxcb-sync.so.1=libxcb-sync1
libxcb-util.so.1=libxcb-util1 libxcb-xfixes.so.0=libxcb-xfixes0 libxcb-xkb.so.1=libxcb-xkb1
"
WAYLAND_LIBRARIES="
libwayland-client.so.0=libwayland-client0 libwayland-cursor.so.0=libwayland-cursor0 libwayland-egl.so.1=libwayland-egl1
"

# Those of the given library=package pairs that cannot be loaded.
missing() {
    .venv/bin/python - "$@" <<'END'
import ctypes, sys
for pair in sys.argv[1:]:
    try:
        ctypes.CDLL(pair.partition("=")[0])
    except OSError:
        print(pair)
END
}

# system_libraries NAME PAIR...: install what is missing where we may, else name it. Asks once for each NAME.
system_libraries() {
    asked=.venv/.kdstudio-libraries-$1
    shift
    if [ -e "$asked" ] || [ "$(uname -s)" != Linux ]; then
        return
    fi
    lacking=$(missing "$@")
    packages=$(for pair in $lacking; do printf '%s ' "${pair#*=}"; done)
    if [ -n "$lacking" ] && may_install; then
        # shellcheck disable=SC2086 # a list of names
        install_packages $packages || say "That did not succeed."
        lacking=$(missing "$@")
    fi
    if [ -z "$lacking" ]; then
        : >"$asked"
    elif command -v apt-get >/dev/null 2>&1; then
        say "Qt may not start without these system libraries: apt-get install $packages"
    else
        say "Qt may not start without these system libraries: $(for pair in $lacking; do printf '%s ' "${pair%%=*}"; done)"
    fi
}
