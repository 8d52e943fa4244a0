# --- The records of what stood before -----------------------------------------------------------------------------

declare -A is_vxlan_of_plan=() patience=()
restored_vms="" # a line each

# These say what the plan names: records, UDP ports, VXLANs, and how long a VM may take to shut down.
names() {
    local each
    for each in "$@"; do named_by_plan["the $each"]=yes; done
}

ports() {
    local each
    for each in "$@"; do is_port_of_plan["port $each"]=yes; done
}

vxlans() {
    local each
    for each in "$@"; do is_vxlan_of_plan["the $each"]=yes; done
}

shutdown_timeout() {
    patience["of $1"]=$2
}

read_records() {
    local file text
    for file in "$records_directory"/*; do
        [[ -e $file ]] || continue
        IFS= read -r -d '' text <"$file"
        read_record "${file##*/}" "$text"
    done
}

# Last thing first: VMs, networks, ports, VXLANs before bridges, and then the underlay.
plan_the_way_back() {
    local numbers i name
    ours vm
    for i in "${numbers[@]}"; do
        restored_vms+=${record_subject[i]}$'\n'
        step vm.restore "$i" 10.5 "Put ${record_subject[i]} back as it was"
    done
    ours network
    for i in "${numbers[@]}"; do
        step network.restore "$i" 10.4 "Take the libvirt network ${record_subject[i]} back"
    done
    ours port
    for i in "${numbers[@]}"; do
        name=${record_subject[i]}
        step bridge.firewall "$i" 10.3 "Close UDP port ${name##*.} in the firewalld zone ${name%.*}"
    done
    plan_profiles vxlan
    plan_profiles bridge
    ours underlay
    for i in "${numbers[@]}"; do
        step ethernet.profile "$i" 10.2 "Put ${record_subject[i]} back as it was"
    done
}

# plan_profiles TYPE
plan_profiles() {
    local numbers i words
    ours profile "$1"
    for i in "${numbers[@]}"; do
        words="Delete the connection profile ${record_subject[i]}"
        ! says "$i" existed || words="Put the connection profile ${record_subject[i]} back as it was"
        step "bridge.$1" "$i" 10.3 "$words"
    done
}

# has_records KIND…: whether there is any record of these kinds, of this plan or another.
has_records() {
    local each kind
    for each in "${record_kind[@]}"; do
        for kind in "$@"; do
            [[ $each != "$kind" ]] || return 0
        done
    done
    return 1
}

# --- Back: 10.5, the VMs ------------------------------------------------------------------------------------------

judge_vm_restore() {
    local name=${record_subject[at]} own=() i
    for i in "${!record_name[@]}"; do
        [[ ${record_kind[i]} != nic || ${record_subject[i]#*.} != "$name" ]] || own+=("$i")
    done
    for i in "${own[@]}"; do
        spent+=("${record_name[i]}")
    done
    spent+=("${record_name[at]}")
    if ! is_vm "$name"; then
        ! says "$at" existed || note="there is no VM $name any more"
    elif says "$at" existed; then
        restore_vm "$name" "${own[@]}"
    else
        is_off "$name" || takes_shutdown "$name" "${patience["of $name"]-60}"
        takes virsh undefine "$name" --nvram --managed-save
        note="its disks are kept: what is on them is yours to judge"
    fi
}

# restore_vm NAME NIC-RECORD…
restore_vm() {
    local name=$1 i stale="" ran=""
    ! says "$at" running || ran=yes
    shift
    for i in "$@"; do
        if nic_differs "$name" "$i"; then
            takes virsh update-device "$name" "$records_directory/${record_name[i]}" --config
            change "$name: NIC $(mac_of "$i")" "the plan's network" "as before"
        fi
        ! runs_elsewhere "$name" "$i" || stale=yes
    done
    if ! is_off "$name" && [[ -n $stale || -z $ran ]]; then
        takes_shutdown "$name" "${patience["of $name"]-60}"
    fi
    if [[ -n $ran ]] && { is_off "$name" || [[ -n $stale ]]; }; then
        takes virsh start "$name"
    fi
}

mac_of() {
    local mac=${record_subject[$1]%%.*}
    printf '%s' "${mac//-/:}"
}

# nic_differs VM RECORD
nic_differs() {
    local stored each mac
    mac=$(mac_of "$2")
    read -r -a stored <<<"${vm_stored["of $1"]}"
    for each in "${stored[@]}"; do
        [[ ${nic_mac[each]} != "$mac" || ${nic_xml[each]} == "${record_text[$2]}" ]] || return 0
    done
    return 1
}

# runs_elsewhere VM RECORD: whether the VM runs with a NIC that is connected to something else than the record's.
runs_elsewhere() {
    local live each mac source
    mac=$(mac_of "$2")
    read -r -a live <<<"${vm_live["of $1"]}"
    for each in "${live[@]}"; do
        if [[ ${nic_mac[each]} == "$mac" ]]; then
            source=${nic_source[each]}
            [[ -n $source && ${record_text[$2]} != *"'$source'"* ]]
            return
        fi
    done
    return 1
}

# --- Back: 10.4, the networks -------------------------------------------------------------------------------------

judge_network_restore() {
    local name=${record_subject[at]} users file first
    file=$xml_directory/$name.xml
    spent=("${record_name[at]}")
    [[ ! -e $file ]] || takes rm "$file"
    first=${#counts[@]}
    ! has_line "$name" "$networks" || restore_network "$name"
    ((${#counts[@]} > first)) || return 0
    find_users nic_network "$name"
    [[ -z $users ]] || conflict="VMs that this undo does not put back use $name: $users"
}

# restore_network NAME
restore_network() {
    local name=$1 existed=""
    ! says "$at" existed || existed=yes
    if [[ -n $existed ]] && ! says "$at" autostart && has_line "$name" "$networks_autostart"; then
        takes virsh net-autostart "$name" --disable
    fi
    if has_line "$name" "$networks_active" && ! { [[ -n $existed ]] && says "$at" active; }; then
        takes virsh net-destroy "$name"
    fi
    if has_line "$name" "$networks_persistent" && ! { [[ -n $existed ]] && says "$at" persistent; }; then
        takes virsh net-undefine "$name"
    fi
}

# find_users LIST VALUE…: sets `users` to the VMs that this undo does not put back and of which a NIC has such a value:
# a network, in any NIC, or a tap device.
find_users() {
    local -n of_nic=$1
    local name nics each value uses
    users=""
    shift
    while IFS= read -r name; do
        if [[ -z $name ]] || has_line "$name" "$restored_vms"; then continue; fi
        read -r -a nics <<<"${vm_stored["of $name"]-} ${vm_live["of $name"]-}"
        uses=""
        for each in "${nics[@]}"; do
            for value in "$@"; do
                [[ ${of_nic[each]} != "$value" ]] || uses=yes
            done
        done
        [[ -z $uses ]] || users+="${users:+, }$name"
    done <<<"$vm_names"
}

# --- Back: 10.3, the firewall port, the VXLAN and the bridge ------------------------------------------------------

judge_bridge_firewall() {
    local port=${record_subject[at]##*.} name=${record_subject[at]%.*} link users=""
    for link in "${link_names[@]}"; do
        if [[ ${link_kind["of $link"]} == vxlan && -z ${is_vxlan_of_plan["the $link"]-} &&
            ${link_data["port of $link"]-} == "$port" ]]; then
            users+="${users:+, }$link"
        fi
    done
    if [[ -n $users ]]; then
        note="left open: $users uses it"
        return
    fi
    spent=("${record_name[at]}")
    if is_open runtime "$name" "$port" && ! says "$at" runtime; then
        takes firewall-cmd "--zone=$name" "--remove-port=$port/udp"
    fi
    if is_open permanent "$name" "$port" && ! says "$at" permanent; then
        takes firewall-cmd --permanent "--zone=$name" "--remove-port=$port/udp"
    fi
}

judge_bridge_vxlan() {
    restore_profile
}

judge_bridge_bridge() {
    local users="" bridge link taps=()
    named "${record_subject[at]}"
    if ((${#same[@]})); then
        bridge=$(interface_of "${same[0]}")
        for link in "${link_names[@]}"; do
            [[ ${link_controller["of $link"]-} != "$bridge" || -z $bridge ]] || taps+=("$link")
        done
        find_users nic_device "${taps[@]}"
    fi
    restore_bridge
    if [[ -n $users && -z $conflict ]] && ! says "$at" existed; then
        conflict="VMs that this undo does not put back are on $bridge: $users"
    fi
}

judge_ethernet_profile() {
    restore_underlay
}
