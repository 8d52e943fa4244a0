# --- What this script needs ---------------------------------------------------------------------------------------

missing=()

need_root() {
    ((EUID == 0)) || missing+=("This changes the host, and you are not root. To mend it: run the same with sudo")
}

# need PROGRAM RPM-PACKAGE DEBIAN-PACKAGE
need() {
    command -v "$1" >/dev/null || missing+=("$1: not installed. To mend it: $(install_command "$2" "$3")")
}

install_command() {
    if uses_dnf; then
        printf 'dnf install -y %s' "$1"
    else
        printf 'apt-get install -y %s' "$2"
    fi
}

uses_dnf() {
    grep -Eqw '^ID(_LIKE)?=.*(rhel|fedora|centos)' /etc/os-release 2>/dev/null
}

# Says all that is missing, at once.
stop_on_missing() {
    ((${#missing[@]} == 0)) || die 3 "This host is not ready:$(printf '\n%s' "${missing[@]}")"
}

# no_answer DAEMON UNIT…
no_answer() {
    missing+=("$1 does not answer. To mend it: systemctl enable --now ${*:2}")
}

libvirt_units() {
    if command -v virtqemud >/dev/null && uses_dnf; then
        printf 'virtqemud.socket virtnetworkd.socket virtstoraged.socket'
    else
        printf 'libvirtd'
    fi
}
