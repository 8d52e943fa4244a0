# --- The way that an SSH session comes in -------------------------------------------------------------------------

in_session=""                # whether this runs in an SSH session
declare -A session_over=()   # the devices that it depends on; none: that is not known

# The device with the address that the session goes to, and what that rests on: a VLAN's parent, a bond's ports.
look_at_way() {
    local ends client server scope="" here there ours device="" address lower i
    find_session
    [[ -n $ends ]] || return 0
    in_session=yes
    read -r client _ server _ <<<"$ends"
    [[ $server != *%* ]] || scope=${server#*%}
    server=${server%%\%*} client=${client%%\%*} ours=""
    # A terminal that is kept (tmux, screen) remembers the session that it was begun in: only one that exists counts.
    while read -r _ _ here there _; do
        address_of "$here"
        here=$address
        address_of "$there"
        [[ $here != "$server" || $address != "$client" ]] || ours=yes
    done < <(reading ss -H -t -n state established 2>/dev/null)
    [[ -n $ours ]] || return 0
    for i in "${link_names[@]}"; do
        [[ -n $device || " ${link_data["addresses of $i"]-}" != *" $server/"* ]] || device=$i
    done
    [[ -z $scope ]] || ! is_link "$scope" || device=$scope
    [[ -n $device ]] || return 0
    lower=("$device")
    for ((i = 0; i < ${#lower[@]}; i++)); do
        session_over["over ${lower[i]}"]=yes
        for here in "/sys/class/net/${lower[i]}"/lower_*; do
            there=${here##*/lower_}
            [[ ! -e $here || -n ${session_over["over $there"]-} ]] || lower+=("$there")
        done
    done
}

# Sets `ends` to the addresses and ports of the session: from the environment or, because sudo takes that out of it,
# from the environments of the processes that started this one.
find_session() {
    local process=$PPID number each
    ends=${SSH_CONNECTION-}
    for ((number = 0; number < 32; number++)); do
        [[ ! $ends =~ ^[^\ ]+\ [0-9]+\ [^\ ]+\ [0-9]+$ ]] || return 0
        ends=""
        [[ -r /proc/$process/environ ]] || return 0
        while IFS= read -r -d '' each; do
            [[ $each != SSH_CONNECTION=* ]] || ends=${each#*=}
        done 2>/dev/null <"/proc/$process/environ"
        process=$(of_process "$process" 4)
    done
    ends=""
}

# address_of ENDPOINT: sets `address` to that of ADDRESS%DEVICE:PORT; an IPv4 address over an IPv6 socket as itself.
address_of() {
    address=${1%:*}
    address=${address//[\[\]]/}
    address=${address%%\%*}
    address=${address#::ffff:}
}

# can_cut DEVICE [GONE]: sets `cuts` where the step's commands can cut somebody off. GONE: the device is not to be in
# use afterwards, and then only a session over it is in danger.
can_cut() {
    local used
    ((${#counts[@]})) || return 0
    find_addresses "$1"
    active_on "$1"
    if [[ -n ${session_over["over $1"]-} ]]; then
        cuts="your SSH session comes in over $1"
    elif [[ -n $in_session && ${#session_over[@]} -eq 0 && -n $used$active ]]; then
        cuts="$1 is in use, and it is not known which interface your SSH session comes in over"
    elif [[ -n $used && -z ${2-} ]]; then
        cuts="$1 is in use with ${used// /, }"
    fi
}

# can_cut_over DEVICE…: the same for devices that only a session can depend on.
can_cut_over() {
    local each found=""
    ((${#counts[@]})) || return 0
    for each in "$@"; do
        [[ -z ${session_over["over $each"]-} ]] || found+="${found:+, }$each"
    done
    [[ -z $found ]] || cuts="your SSH session comes in over $found"
}

# find_addresses DEVICE: sets `used` to its addresses, those aside that the kernel gives by itself.
find_addresses() {
    local each all
    used=""
    read -r -a all <<<"${link_data["addresses of $1"]-}"
    for each in "${all[@]}"; do
        [[ $each == 169.254.* || $each == fe[89ab]?:* ]] || used+="${used:+ }$each"
    done
}

# stand NAME LINE…: says how a thing stands now, for a rollback.
stand() {
    local text
    printf -v text '%s\n' "${@:2}"
    stand_names+=("$1")
    stand_texts+=("$text")
}
