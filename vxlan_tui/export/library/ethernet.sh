# --- 10.2: the underlay's connection profile ----------------------------------------------------------------------

declare -A in_force=()

# ethernet PROFILE KEY VALUE…: the host's own connection, with its IP properties.
ethernet() {
    ethernet_profile=$1
    ethernet_settings=("${@:2}")
    step ethernet.profile 0 10.2 "Connection profile $1 for $interface"
    step ethernet.activate 0 10.2 "Activate $1 on $interface"
}

# look_at_addressing INTERFACE: addresses, gateways, DNS servers and search domains in force.
look_at_addressing() {
    local answer line kinds='^IP[46]\.(ADDRESS|GATEWAY|DNS|SEARCHES|DOMAIN)($|[^A-Z])'
    in_force=()
    answer=$(reading nmcli -t -f IP4,IP6 device show "$1" 2>/dev/null) || return 0
    while IFS= read -r line; do
        [[ ! ${line%%:*} =~ $kinds || -z ${line#*:} ]] || in_force["as ${line#*:}"]=yes
    done <<<"$answer"
}

want_ethernet() {
    want "$ethernet_profile" 802-3-ethernet "$interface" "${ethernet_settings[@]}"
    wanted_add=(con-name "$ethernet_profile" ifname "$interface" type ethernet)
}

check_ethernet() {
    local name names=""
    if ! is_link "$interface"; then
        for name in "${link_names[@]}"; do
            [[ $name == lo ]] || names+="${names:+, }$name"
        done
        conflict="there is no interface $interface on this host (it has ${names:-none})"
    elif [[ -n ${link_controller["of $interface"]-} ]]; then
        conflict="$interface is a port of ${link_controller["of $interface"]}:"
        conflict+=" activating a profile would take it out of there"
    else
        check_name
    fi
}

judge_ethernet_profile() {
    want_ethernet
    check_ethernet
    [[ -z $conflict ]] || return 0
    ensure || set_new_addresses
    will_record_ethernet
}

# The interface first: undo looks at the profile with it.
will_record_ethernet() {
    will_record_underlay
    will_record_profile
    can_cut "$interface"
    stands_as_recorded
}

# NetworkManager's defaults (DHCP) are not set again.
set_new_addresses() {
    local pairs=() i
    for ((i = 0; i < ${#ethernet_settings[@]}; i += 2)); do
        case ${ethernet_settings[i]} in
            ipv?.method) [[ ${ethernet_settings[i + 1]} != auto ]] ;;
            *) [[ -n ${ethernet_settings[i + 1]} ]] ;;
        esac && pairs+=("${ethernet_settings[@]:i:2}")
    done
    ((${#pairs[@]} == 0)) || set_properties "$ethernet_profile" "${pairs[@]}"
}

will_record_underlay() {
    local uuid=""
    active_on "$interface"
    [[ -z $active || ${profile_state[active]} != activated ]] || uuid=${profile_uuid[active]}
    will_record "underlay.$interface" "active $uuid"
}

judge_ethernet_activate() {
    want_ethernet
    check_ethernet
    if [[ -n $conflict ]]; then
        conflict=""  # the step before says it
    elif ! ethernet_in_force; then
        takes nmcli connection up id "$ethernet_profile"
        will_record_ethernet
    fi
}

# The profile is right, active, and what it says is what the interface has.
ethernet_in_force() {
    local i value values
    active_on "$interface"
    [[ -n $active && -n ${profile_saved[active]} && ${profile_state[active]} == activated ]] || return 1
    [[ ${profile_name[active]} == "$ethernet_profile" ]] || return 1
    ! differs || return 1
    for i in "${!wanted_keys[@]}"; do
        [[ ${wanted_keys[i]} =~ ^ipv[46]\.(addresses|gateway|dns|dns-search)$ ]] || continue
        IFS=, read -r -a values <<<"${wanted_values[i]}"
        for value in "${values[@]}"; do
            [[ -z $value || -n ${in_force["as $value"]-} ]] || return 1
        done
    done
}
