#!/usr/bin/env bash
# What is tried of the archive, in a root without a network, in the unpacked archive's folder. For each thing that is
# tried it prints a line: "right SECONDS WORDS", or "WRONG SECONDS WORDS" and what was said. What is said by one is the
# next one's start.

# refused STATUS WORDS COMMAND…: COMMAND ends with STATUS, and says WORDS.
refused() {
    local status=$1 words=$2 said
    shift 2
    said=$("$@" 2>&1) && return 99
    [[ $? == "$status" && $said == *"$words"* ]] || { echo "$said"; return 98; }
}

# as_nobody COMMAND…: as a user who is not root.
as_nobody() { (cd / && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"); }

tried() {
    local said began=$EPOCHREALTIME verdict=right
    said=$(bash -euo pipefail -c "$(declare -f refused as_nobody "$2"); $2" 2>&1) || verdict=WRONG
    printf '%s %s %s\n' "$verdict" "$(awk "BEGIN { print $EPOCHREALTIME - $began }")" "$1"
    [[ $verdict == right ]] || printf '%s\n' "$said"
}

no_network() {
    [[ $(sed 1,2d /proc/net/dev | cut -d: -f1 | tr -d ' ') == lo ]]
    [[ $(sed 1d /proc/net/route | wc -l) == 0 ]]
}
tried "there is no network" no_network

damaged() {
    cp README /tmp/
    echo >>README
    refused 3 damaged ./install
    cp /tmp/README .
    [[ ! -e /opt/vxlan-tui ]]
}
tried "damaged, it refuses" damaged

without_libvirt() {
    local module
    module=$(python3 -c 'import libvirt; print(libvirt.__file__)')
    mv "$module" /tmp/
    refused 3 "apt-get install python3-libvirt" ./install
    mv "/tmp/${module##*/}" "$module"
    [[ ! -e /opt/vxlan-tui ]]
}
tried "without libvirt's module, it names the package" without_libvirt

old_python() {
    # shellcheck disable=SC2016
    printf '#!/bin/sh\n[ $1 = --version ] && echo Python 3.9.18 || exit 1\n' >/usr/local/bin/python3.9
    chmod 755 /usr/local/bin/python3.9
    refused 3 "is Python 3.9.18, and vxlan-tui needs Python 3.11" ./install --python python3.9
}
tried "with an old Python, it says so" old_python

newer_python() {
    local module newer
    module=$(python3 -c 'import libvirt; print(libvirt.__file__)')
    newer=$(readlink -f /usr/bin/python3)
    mv "$module" /tmp/
    ln -sfn /usr/local/bin/python3.9 /usr/bin/python3
    refused 3 "libvirt-devel ${newer##*/}-devel" ./install
    refused 3 "$newer -m pip install libvirt-python" ./install
    ln -sfn "${newer##*/}" /usr/bin/python3
    cp "$newer" /tmp/mine
    refused 3 "run this with --python /usr/bin/python3" ./install --python /tmp/mine
    mv "/tmp/${module##*/}" "$module"
    rm /usr/local/bin/python3.9
}
tried "with a newer Python beside an old one, as on RHEL 9, it says what libvirt's module takes" newer_python

somebody_elses() {
    mkdir /opt/vxlan-tui
    touch /opt/vxlan-tui/mine /usr/local/bin/vxlan-tui
    refused 3 "was not made by this script" ./install
    rm /opt/vxlan-tui/mine
    refused 3 "/usr/local/bin/vxlan-tui is in the way" ./install
    rm /usr/local/bin/vxlan-tui
}
tried "what is somebody else's stays" somebody_elses

not_root() {
    cp -r . /tmp/archive
    chmod -R a+rX /tmp/archive
    refused 3 "/opt: run this as root, or choose another --prefix" as_nobody /tmp/archive/install
    refused 3 "/usr/local/bin: run this as root, or choose another --links" \
        as_nobody /tmp/archive/install --prefix /tmp/theirs
    [[ ! -e /tmp/theirs ]]
}
tried "where it may not write, it does not begin" not_root

places() { find /opt /usr /etc /var -not -path '*/__pycache__*' | sort; }
places >/tmp/before

# Killed with all that it started, as soon as the new virtual environment is being made.
killed() {
    touch /tmp/began
    setsid ./install &
    until [[ /opt/vxlan-tui/pyvenv.cfg -nt /tmp/began ]]; do
        kill -0 $!
        sleep 0.1
    done
    kill -9 -- -$!
    wait $! || true
}
tried "the first time, it is killed halfway" killed

install() {
    umask 077
    ./install
}
tried "it installs" install

starts() {
    cd /
    as_nobody vxlan-tui --version
    [[ $(vxlan-tui --version) == "vxlan-tui "[0-9]* ]]
    vxlan-tui --help | grep -q "Without a verb"
    /opt/vxlan-tui/bin/python -I -c 'import libvirt, vxlan_tui.ui.app, textual; assert "/opt/" in textual.__file__'
}
tried "it starts, and the wizard's libraries are its own" starts

exports() {
    vxlan-tui plan --example >/root/plan.toml
    vxlan-tui export /root/plan.toml --host host-a | bash -n
}
tried "it writes an example of a plan, and its script" exports

verifies() {
    sed -i '/^ssh/d' /root/plan.toml # what has no ssh is this machine
    refused 3 "nmcli: not installed" vxlan-tui verify /root/plan.toml --host host-a
    refused 3 "apt-get install -y network-manager" vxlan-tui verify /root/plan.toml --host host-a
}
tried "verify says what the host lacks" verifies

linked() {
    cd /usr/local/share || return
    grep -q 'TH VXLAN' man/man1/vxlan-tui.1
    grep -q 'hosts.ethernet' man/man5/vxlan-tui-plan.5
    grep -q export fish/vendor_completions.d/vxlan-tui.fish
    bash -n bash-completion/completions/vxlan-tui
    head -n 1 zsh/site-functions/_vxlan-tui | grep -qx '#compdef vxlan-tui'
}
tried "manual and completion are linked" linked

tried "at an update, it is killed halfway" killed

fails_halfway() {
    mv wheels/rich-*.whl /tmp/
    sed -i.whole /rich-/d SHA256SUMS
    refused 1 "all is as before" ./install
    mv /tmp/rich-*.whl wheels/
    mv SHA256SUMS.whole SHA256SUMS
    vxlan-tui plan --example >/dev/null
    [[ ! -e /opt/vxlan-tui.before ]]
}
tried "failed halfway, after a run that was killed, all is as before" fails_halfway

fails_at_links() {
    mkdir /srv/links
    ln -s /nowhere/share /srv/links/share
    refused 1 "all is as before" ./install --links /srv/links
    vxlan-tui plan --example >/dev/null
    [[ ! -e /opt/vxlan-tui.before && ! -L /srv/links/bin/vxlan-tui ]]
}
tried "failed at the links, all is as before" fails_at_links

once_more() {
    touch /opt/vxlan-tui/old wheels/pip-0.1-py3-none-any.whl # an older archive was unpacked here
    ./install
    [[ ! -e /opt/vxlan-tui/old ]]
    vxlan-tui --version
}
tried "once more is an update, in an older archive's folder too" once_more

uninstalls() {
    ./install --uninstall
    refused 3 "nothing is removed" ./install --uninstall
}
tried "it uninstalls" uninstalls
places >/tmp/after

nothing_left() {
    left=$(comm -13 /tmp/before /tmp/after | while read -r path; do [[ -d $path ]] || echo "$path"; done)
    [[ -z $left ]] || { echo "$left"; exit 1; }
}
tried "and no file is left of it" nothing_left

elsewhere() {
    ./install --prefix /srv/v --links none
    /srv/v/bin/vxlan-tui --version
    [[ ! -e /usr/local/bin/vxlan-tui ]]
}
tried "elsewhere, without links" elsewhere
