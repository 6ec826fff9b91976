# shellcheck shell=bash
# What scripts/demo, test and test-newest share: help, and a virtual environment, made once and then known to be current
# at a glance. Whatever goes wrong ends the script with one sentence.

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# Most of what is installed is never imported: what is gets compiled then, and kept, so that it is only once.
unset PYTHONDONTWRITEBYTECODE

# Prints what the calling script says of itself at its top.
usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }

say() { printf '%s: %s\n' "${0##*/}" "$1" >&2; }

stop() {
  say "$1"
  exit 1
}

# ensure_environment FOLDER PIP-ARGUMENT...: FOLDER becomes a virtual environment with what pip was told to install.
ensure_environment() {
  local folder=$1 answer
  current_stamp "$@" | cmp -s - "$folder/stamp" && return
  say "setting up ${folder#"$root"/} (once, about a minute)"
  "$folder/bin/python" -m pip --version &>/dev/null || make_environment "$folder"
  answer=$("$folder/bin/python" -m pip install --disable-pip-version-check --no-compile "${@:2}" 2>&1) ||
    explain_failure "$answer"
  ensure_libraries "$folder"
  current_stamp "$@" >"$folder/stamp"
}

# Changes when the dependencies, the Python behind the environment or the place of the repository do.
current_stamp() {
  { cat "$root/pyproject.toml" && "$1/bin/python" -V && echo "$root" "${@:2}"; } 2>&1 | sha256sum
}

make_environment() {
  local python answer
  python=$(find_python)
  answer=$("$python" -m venv --clear "$1" 2>&1) || explain_failure "$answer"
}

# Prints the first Python that is new enough and can make virtual environments, which on Debian is a package of its own.
# A script may name one to be tried before the others, in `preferred`.
find_python() {
  local candidate incomplete=""
  for candidate in ${preferred:+"$preferred"} python3.14 python3.13 python3.12 python3.11 python3; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    "$candidate" -c 'import ensurepip, venv' 2>/dev/null && echo "$candidate" && return
    incomplete=${incomplete:-$("$candidate" -c 'import sys; print("python3.%d" % sys.version_info.minor)')}
  done
  [[ -z $incomplete ]] || stop "$incomplete cannot make virtual environments yet: sudo apt install $incomplete-venv"
  command -v python3 >/dev/null || stop "Python 3.11 or newer is needed: sudo apt install python3-venv"
  stop "Python 3.11 or newer is needed, and this is $(python3 -V): sudo apt install python3.11-venv"
}

# Shows the end of what pip or venv said, and after it what that means.
explain_failure() {
  local reason="the setup failed; the end of what it said is above"
  tail -n 12 <<<"$1" >&2
  case $1 in
    *CERTIFICATE_VERIFY_FAILED*)
      reason="the package index's certificate is not trusted here: if a proxy is in between, set PIP_CERT to its certificate" ;;
    *"Failed to establish"* | *NewConnectionError* | *ConnectTimeout* | *"Read timed out"* | *ProxyError*)
      reason="the Python packages cannot be downloaded: check the network connection and try again" ;;
    *"No space left on device"*)
      reason="the disk is full" ;;
    *"Permission denied"* | *"Read-only file system"*)
      reason="$root cannot be written: copy the repository to a folder of your own" ;;
  esac
  stop "$reason"
}

# OpenCV's wheel brings all it needs but the libraries that every desktop has and a bare system lacks.
ensure_libraries() {
  local packages
  packages=$(missing_packages "$1")
  [[ -z $packages ]] || install_packages "$packages" ||
    stop "OpenCV needs system libraries that are missing here: sudo apt install $packages"
}

# Debian names a library's package after it: libSM.so.6 is in libsm6, libX11.so.6 in libx11-6; GLib alone differs.
missing_packages() {
  { find "$1"/lib/python3*/site-packages/{cv2,opencv_python.libs} -name '*.so*' -exec ldd {} + 2>/dev/null || true; } |
    sed -nE 's/^\s*(lib\S+) => not found/\1/p' |
    sed -E 's/^lib(glib|gthread)-2\.0.*/libglib2.0-0/; s/([0-9])\.so\.([0-9]+).*/\1-\2/; s/\.so\.([0-9]+).*/\1/' |
    tr '[:upper:]' '[:lower:]' | sort -u | paste -sd ' '
}

# install_packages "NAME NAME": fails where the system is not ours to change. It is where the calling script says so by
# setting `unattended`, and runs as root on a Debian: a container or a build machine.
install_packages() {
  [[ -n ${unattended-} && $EUID -eq 0 ]] && command -v apt-get >/dev/null || return 1
  say "installing $1"
  # Scripts that run side by side take turns, for which apt-get has no patience.
  # shellcheck disable=SC2086  # one word a package
  { flock 9 && apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $1; } \
    9<"$root/pyproject.toml" &>/dev/null
}
