# --- 10.3: a bridge with a VXLAN as its port, and the firewall port ------------------------------------------------

segment_bridge=() segment_vxlan=() segment_vni=() segment_port=() segment_remote=() segment_parent=()
declare -A port_has_step=()
zone="" zone_missing=""

# segment BRIDGE VXLAN VNI PORT REMOTE [PARENT]: the parent is the interface that a multicast group is joined on.
segment() {
    local number=${#segment_bridge[@]}
    segment_bridge+=("$1") segment_vxlan+=("$2") segment_vni+=("$3") segment_port+=("$4") segment_remote+=("$5")
    segment_parent+=("${6-}")
    step bridge.bridge "$number" 10.3 "Connection profile of the bridge $1"
    step bridge.vxlan "$number" 10.3 "Connection profile of $2, VNI $3, as a port of $1"
    step bridge.activate "$number" 10.3 "Activate $1 with $2"
    [[ -n ${port_has_step["$4"]-} ]] || step bridge.firewall "$number" 10.3 "Open UDP port $4 in the firewall"
    port_has_step["$4"]=yes
}

want_bridge() {
    local name=${segment_bridge[at]} version key empty=()
    for version in 4 6; do
        for key in addresses gateway dns dns-search; do
            empty+=("ipv$version.$key" "")
        done
    done
    want "$name" bridge "$name" "${empty[@]}" ipv4.method disabled ipv6.method disabled
    wanted_add=(type bridge con-name "$name" ifname "$name" ipv4.method disabled ipv6.method disabled)
}

want_vxlan() {
    local bridge=${segment_bridge[at]} vxlan=${segment_vxlan[at]} vni=${segment_vni[at]} port=${segment_port[at]}
    local remote=${segment_remote[at]} parent=${segment_parent[at]}
    want "$bridge-$vxlan" vxlan "$vxlan" connection.controller "$bridge" connection.port-type bridge \
        vxlan.id "$vni" vxlan.local "$vtep" vxlan.remote "$remote" vxlan.destination-port "$port" \
        ${parent:+vxlan.parent "$parent"}
    wanted_add=(type vxlan port-type bridge con-name "$bridge-$vxlan" ifname "$vxlan" id "$vni" local "$vtep"
        remote "$remote")
    ((port == 8472)) || wanted_add+=(destination-port "$port")
    [[ -z $parent ]] || wanted_add+=(dev "$parent")
    wanted_add+=(controller "$bridge")
}

check_bridge() {
    local others list
    want_bridge
    other_links_on "${segment_bridge[at]}" "${segment_vxlan[at]}"
    if ((${#others[@]})); then
        printf -v list ', %s' "${others[@]}"
        conflict="${segment_bridge[at]} has other ports: ${list#, }"
        return
    fi
    check_name
    [[ -n $conflict ]] || check_device
}

check_vxlan() {
    want_vxlan
    if [[ -n ${segment_parent[at]} ]] && ! is_link "$interface"; then
        conflict="there is no interface $interface on this host to join the group ${segment_remote[at]} on"
        return
    fi
    check_name
    [[ -n $conflict ]] || check_device
    [[ -n $conflict ]] || check_taken
}

# other_links_on BRIDGE DEVICE: sets `others` to its ports, without that device and the VMs' tap devices.
other_links_on() {
    local name
    others=()
    for name in "${link_names[@]}"; do
        if [[ ${link_controller["of $name"]-} == "$1" && $name != "$2" && ${link_kind["of $name"]} != tun ]]; then
            others+=("$name")
        fi
    done
}

# One VNI on one UDP port can be one device only (ip-link(8), VXLAN).
check_taken() {
    local name i vni=${segment_vni[at]} port=${segment_port[at]}
    for name in "${link_names[@]}"; do
        if [[ ${link_kind["of $name"]} == vxlan && $name != "${segment_vxlan[at]}" &&
            ${link_data["id of $name"]-} == "$vni" && ${link_data["port of $name"]-} == "$port" ]]; then
            conflict="VNI $vni on UDP port $port is taken by the device $name"
            return
        fi
    done
    for i in "${!profile_uuid[@]}"; do
        if [[ ${profile_name[i]} != "$wanted_name" && ${setting["${profile_block[i]} vxlan.id"]-} == "$vni" &&
            ${setting["${profile_block[i]} vxlan.destination-port"]-} == "$port" ]]; then
            conflict="VNI $vni on UDP port $port is taken by the connection profile ${profile_name[i]}"
            return
        fi
    done
}

judge_bridge_bridge() {
    check_bridge
    [[ -z $conflict ]] || return 0
    ensure
    will_record_profile
    can_cut_segment
}

judge_bridge_vxlan() {
    check_vxlan
    [[ -z $conflict ]] || return 0
    ensure
    will_record_profile
    can_cut_segment
}

# Guards a step that changes what somebody's session comes in over.
can_cut_segment() {
    can_cut_over "${segment_bridge[at]}" "${segment_vxlan[at]}"
    stands_as_recorded
}

# A VXLAN that the kernel cannot change in place is taken down first; then what is not as planned is brought up.
judge_bridge_activate() {
    local name=${segment_bridge[at]}-${segment_vxlan[at]} remake=""
    check_bridge
    [[ -n $conflict ]] || check_vxlan
    if [[ -n $conflict ]]; then
        conflict=""  # the steps before say it
        return
    fi
    want_vxlan
    ! differs || remake=yes
    find_kernel_differences
    ((${#changes[@]} == 0)) || remake=yes
    active_on "${segment_vxlan[at]}"
    [[ -n $active ]] || remake=""
    [[ -z $remake ]] || takes nmcli connection down id "$name"
    # A new port comes up with its bridge; one that went down with it may not come back by itself.
    if bridge_is_up; then
        if [[ -n $remake ]] || ! vxlan_is_up; then
            takes nmcli connection up id "$name"
        fi
    else
        takes nmcli connection up id "${segment_bridge[at]}"
        named "$name"
        ((${#same[@]} == 0)) || takes nmcli connection up id "$name"
    fi
    want_bridge
    will_record_profile
    want_vxlan
    will_record_profile
    can_cut_segment
}

bridge_is_up() {
    local name=${segment_bridge[at]}
    want_bridge
    ! differs || return 1
    active_on "$name"
    is_link "$name" && [[ -z ${link_data["addresses of $name"]-} && -n $active ]] &&
        [[ ${profile_state[active]} == activated ]]
}

vxlan_is_up() {
    local name=${segment_vxlan[at]}
    active_on "$name"
    [[ ${link_kind["of $name"]-} == vxlan && ${link_controller["of $name"]-} == "${segment_bridge[at]}" &&
        -n $active ]] && [[ ${profile_state[active]} == activated ]]
}

find_kernel_differences() {
    local name=${segment_vxlan[at]}
    [[ ${link_kind["of $name"]-} == vxlan ]] || return 0
    kernel_difference VNI "${link_data["id of $name"]--1}" "${segment_vni[at]}"
    kernel_difference "UDP port" "${link_data["port of $name"]-0}" "${segment_port[at]}"
    kernel_difference local "${link_data["local of $name"]-}" "$vtep"
    kernel_difference remote "${link_data["remote of $name"]-}" "${segment_remote[at]}"
    [[ -z ${segment_parent[at]} ]] ||
        kernel_difference parent "${link_data["link of $name"]-}" "${segment_parent[at]}"
}

kernel_difference() {
    [[ $2 == "$3" ]] || change "${segment_vxlan[at]}: $1" "$2" "$3"
}

# The zone that is wanted, else the interface's, else the default one.
look_at_zone() {
    zone=$wanted_zone
    if [[ -z $zone ]]; then
        zone=$(reading firewall-cmd "--get-zone-of-interface=$interface" 2>/dev/null)
        case $? in
            0) ;;
            2) zone=$(reading firewall-cmd --get-default-zone) || return ;;
            *) return 1 ;;
        esac
    fi
    look_at_ports "$zone" || return
    zone_missing=${open_ports["missing $zone"]}
}

judge_bridge_firewall() {
    local port=${segment_port[at]} now=yes permanent=yes
    if [[ -n $zone_missing ]]; then
        conflict="there is no firewalld zone $zone,"
        conflict+=" where the port of ${segment_vxlan[at]} would be opened for $interface"
        return
    fi
    if ! is_open permanent "$zone" "$port"; then
        permanent=no
        takes firewall-cmd --permanent "--zone=$zone" "--add-port=$port/udp"
    fi
    if ! is_open runtime "$zone" "$port"; then
        now=no
        takes firewall-cmd "--zone=$zone" "--add-port=$port/udp"
    fi
    will_record "port.$zone.$port" "runtime $now" "permanent $permanent"
}
