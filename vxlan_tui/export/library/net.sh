# --- The kernel's devices and NetworkManager's profiles -----------------------------------------------------------

# Devices by name, and more of them: a VXLAN's own data, and a device's addresses. Every key begins with a word of
# ours: `@` and `*` can be names.
link_names=()
declare -A link_kind=() link_controller=() link_data=()

look_at_links() {
    local answer line path="" key value name="" address=""
    answer=$(reading ip -j -p -d address show) || return
    link_names=() link_kind=() link_controller=() link_data=()
    while IFS= read -r line; do
        line=${line#"${line%%[! ]*}"}
        key=${line#\"}
        key=${key%%\"*}
        case $line in
            '},{'*) continue ;;
            *'{')
                path+=/$key
                continue
                ;;
            '}'*)
                path=${path%/*}
                continue
                ;;
        esac
        value=${line#*: }
        value=${value%,}
        value=${value#\"}
        value=${value%\"}
        case $path/$key in
            '/[ {/ifname')
                name=$value
                link_names+=("$name")
                link_kind["of $name"]=""
                ;;
            '/[ {/master') link_controller["of $name"]=$value ;;
            '/[ {/addr_info/local') address=$value ;;
            '/[ {/addr_info/prefixlen')
                link_data["addresses of $name"]+="${link_data["addresses of $name"]+ }$address/$value"
                ;;
            '/[ {/linkinfo/info_kind') link_kind["of $name"]=$value ;;
            '/[ {/linkinfo/info_data/'*) keep_link_data "$name" "$key" "$value" ;;
        esac
    done <<<"$answer"
}

# keep_link_data DEVICE KEY VALUE: a VXLAN's addresses have other keys for IPv6, and for a multicast group.
keep_link_data() {
    case $2 in
        id | port | link) link_data["$2 of $1"]=$3 ;;
        local | local6) link_data["local of $1"]=$3 ;;
        remote | remote6 | group | group6) link_data["remote of $1"]=$3 ;;
    esac
}

is_link() {
    [[ -n ${link_kind["of $1"]+yes} ]]
}

nm_knows_controllers=""  # since 1.46; before, the words are master and slave-type
profile_uuid=() profile_type=() profile_device=() profile_state=() profile_saved=() profile_name=() profile_block=()
declare -A setting=()

look_at_version() {
    local version major minor
    version=$(reading nmcli -t -f VERSION general) || return
    IFS=. read -r major minor _ <<<"${version%%[!0-9.]*}"
    if ((10#${major:-0} > 1 || (10#${major:-0} == 1 && 10#${minor:-0} >= 46))); then
        nm_knows_controllers=yes
    fi
}

look_at_profiles() {
    local answer row backslash=$'\001' colon=$'\002' uuid type device state file name selectors=() i
    local -A block_of=()
    answer=$(reading nmcli -t -f UUID,TYPE,DEVICE,STATE,FILENAME,NAME connection show) || return
    profile_uuid=() profile_type=() profile_device=() profile_state=() profile_saved=() profile_name=()
    profile_block=() setting=()
    while IFS= read -r row; do
        row=${row//\\\\/$backslash}
        row=${row//\\:/$colon}
        [[ $row == *:*:*:*:*:* && $row != *:*:*:*:*:*:* ]] || continue
        IFS=: read -r uuid type device state file name <<<"$row"
        name=${name//$colon/:}
        profile_uuid+=("$uuid") profile_type+=("$type") profile_state+=("$state")
        profile_device+=("$device") profile_name+=("${name//$backslash/\\}")
        if [[ $file == /run/* ]]; then profile_saved+=(""); else profile_saved+=(yes); fi
        case $type in
            802-3-ethernet | bridge | vxlan | vlan | bond) selectors+=(uuid "$uuid") ;;
        esac
    done <<<"$answer"
    ((${#selectors[@]} == 0)) || look_at_settings "${selectors[@]}" || return
    for i in "${!profile_uuid[@]}"; do
        profile_block[i]=${block_of["of ${profile_uuid[i]}"]-none}
        profile_name[i]=${setting["${profile_block[i]} connection.id"]-${profile_name[i]}}
    done
}

# look_at_settings SELECTOR…: fills `setting`, and the caller's `block_of`: a block of lines for each profile.
look_at_settings() {
    local answer line key block=0
    answer=$(reading nmcli -t -f connection,ipv4,ipv6,bridge,vxlan connection show "$@")
    case $? in
        0) ;;
        10) return 0 ;;  # one of them was deleted meanwhile: the next look reads what is left
        *) return 1 ;;
    esac
    while IFS= read -r line; do
        key=${line%%:*}
        case $key in
            connection.id) block=$((block + 1)) ;;
            connection.uuid) block_of["of ${line#*:}"]=$block ;;
            connection.master | connection.slave-type)
                key=${key/master/controller}
                key=${key/slave-type/port-type}
                [[ -z ${setting["$block $key"]-} ]] || continue
                ;;
        esac
        [[ $line != *:* ]] || setting["$block $key"]=${line#*:}
    done <<<"$answer"
}

# named NAME: sets `same` to the saved profiles of that name; NetworkManager allows several.
named() {
    local i
    same=()
    for i in "${!profile_uuid[@]}"; do
        [[ ${profile_name[i]} != "$1" || -z ${profile_saved[i]} ]] || same+=("$i")
    done
}

# active_on DEVICE: sets `active` to the profile that is active on it, or to nothing.
active_on() {
    active=""
    for active in "${!profile_uuid[@]}"; do
        [[ ${profile_device[active]} != "$1" ]] || return 0
    done
    active=""
}

interface_of() {
    printf '%s' "${setting["${profile_block[$1]} connection.interface-name"]-}"
}

# yes_or_no TEXT EXPECTED
yes_or_no() {
    if [[ $1 == "$2" ]]; then printf yes; else printf no; fi
}

# set_properties NAME KEY VALUE…: the words of this host's NetworkManager.
set_properties() {
    local argv=(nmcli connection modify id "$1") key
    shift
    while (($#)); do
        key=$1
        if [[ -z $nm_knows_controllers ]]; then
            key=${key/%.controller/.master}
            key=${key/%.port-type/.slave-type}
        fi
        argv+=("$key" "$2")
        shift 2
    done
    takes "${argv[@]}"
}

# Somebody's checkpoint would take back, some time later, what is changed now. Only busctl(1) can ask for it.
stop_on_checkpoint() {
    local each from count touched="" bus=org.freedesktop.NetworkManager answer
    for each in "${!step_kind[@]}"; do
        read -r from count <<<"${step_commands[each]}"
        [[ ${step_section[each]} != 10.[23] ]] || ((count == 0)) || touched=yes
    done
    if [[ -z $touched ]] || ! command -v busctl >/dev/null; then return; fi
    if answer=$(reading busctl --auto-start=no get-property "$bus" "/${bus//.//}" "$bus" Checkpoints 2>/dev/null) &&
        [[ $answer != "ao 0" ]]; then
        complain "NetworkManager holds a checkpoint (${answer#ao * }): it takes back what is changed now."
        die 3 "Nothing was changed. Wait until it has ended."
    fi
}
