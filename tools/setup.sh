#!/bin/sh
# Prepares the machine for the Makefile.
#   setup.sh venv               makes .venv with a Python that works here
#   setup.sh packages NAME...   installs the Debian packages that are missing, where it may
set -eu

say() { printf 'voiceassist: %s\n' "$*" >&2; }

# Becomes root without asking: already root, or sudo that needs no password. Fails where it may not.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# An index that cannot be refreshed (offline) is no reason to stop: the packages may be in the cache.
apt_install() {
    command -v apt-get >/dev/null 2>&1 && as_root true || return 1
    say "installing $*"
    as_root apt-get update -qq >&2 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Runs it rather than looks for it: a version manager leaves names on the path that start no Python.
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Debian's python has no ensurepip until pythonX.Y-venv is there.
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

make_venv() {
    if .venv/bin/python -m pip --version >/dev/null 2>&1 && is_new_enough .venv/bin/python; then
        return
    fi
    found=
    for python in ${PYTHON:-python3.13 python3.12 python3.11 python3 /usr/bin/python3}; do
        is_new_enough "$python" || continue
        found=${found:-$python}
        if has_venv "$python"; then
            found=$python
            break
        fi
    done
    if [ -z "$found" ]; then
        say "no Python 3.11 or newer is here; install it: sudo apt-get install python3 python3-venv"
        exit 2
    fi
    if ! has_venv "$found"; then
        package=python$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
        if ! apt_install "$package" || ! has_venv "$found"; then
            say "$found cannot make a virtual environment; install what it needs: sudo apt-get install $package"
            exit 2
        fi
    fi
    say "setting up .venv with $("$found" --version), once"
    "$found" -m venv --clear .venv
}

install_packages() {
    command -v dpkg-query >/dev/null 2>&1 || { say "not a Debian system; some tests need: $*"; return; }
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
            installed) ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    # The names hold no spaces: splitting them is meant.
    # shellcheck disable=SC2086
    apt_install $missing || say "some tests will be skipped; install what they need: sudo apt-get install$missing"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
    venv) make_venv ;;
    packages) install_packages "$@" ;;
    *) say "usage: setup.sh venv | packages NAME..."; exit 2 ;;
esac
