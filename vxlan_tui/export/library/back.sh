# --- The records of what stood before -----------------------------------------------------------------------------

record_name=() record_kind=() record_subject=() record_text=() record_settings=()
declare -A record_says=() named_by_plan=() is_port_of_plan=() is_vxlan_of_plan=() patience=()
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
    local file name number line text
    for file in "$records_directory"/*; do
        [[ -e $file ]] || continue
        name=${file##*/}
        number=${#record_name[@]}
        IFS= read -r -d '' text <"$file"
        record_name+=("$name") record_kind+=("${name%%.*}") record_subject+=("${name#*.}") record_text+=("$text")
        record_settings+=("")
        [[ $name != nic.* ]] || continue
        while IFS= read -r line; do
            record_says["$number ${line%% *}"]=${line#* }
            [[ $line != 'set '* ]] || keep_setting "$number" "${line#set }"
        done <<<"${text%$'\n'}"
    done
}

# keep_setting RECORD LINE
keep_setting() {
    record_settings[$1]+="${2%% *} "
    record_says["$1 set ${2%% *}"]=${2#* }
}

# says RECORD KEY: whether a yes-or-no line says yes.
says() {
    [[ ${record_says["$1 $2"]-} == yes ]]
}

# The plan names the thing, or the record was made for this very plan file, which was edited since.
is_ours() {
    local name=${record_name[$1]}
    [[ ${record_says["$1 plan"]-} == "$plan_path" || -n ${named_by_plan["the $name"]-} ]] ||
        [[ $name == port.* && -n ${is_port_of_plan["port ${name##*.}"]-} ]]
}

# ours KIND [TYPE]: sets `numbers` to our records of that kind, and of profiles of that type.
ours() {
    local i
    numbers=()
    for i in "${!record_name[@]}"; do
        if [[ ${record_kind[i]} == "$1" && (-z ${2-} || ${record_says["$i type"]-} == "${2-}") ]] && is_ours "$i"; then
            numbers+=("$i")
        fi
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
    spent=("${record_name[at]}")
    for i in "${own[@]}"; do
        spent+=("${record_name[i]}")
    done
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
    local name=${record_subject[at]} users file
    file=$xml_directory/$name.xml
    spent=("${record_name[at]}")
    [[ ! -e $file ]] || takes rm "$file"
    ! has_line "$name" "$networks" || restore_network "$name"
    ((${#counts[@]})) || return 0
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
    local users="" name=${record_subject[at]} bridge link taps=()
    named "$name"
    if ((${#same[@]})); then
        bridge=$(interface_of "${same[0]}")
        for link in "${link_names[@]}"; do
            [[ ${link_controller["of $link"]-} != "$bridge" || -z $bridge ]] || taps+=("$link")
        done
        find_users nic_device "${taps[@]}"
    fi
    remade=""
    restore_profile
    [[ -z $remade ]] || raise_ports "$bridge" "${profile_uuid[${same[0]}]}"
    if [[ -n $users && -z $conflict ]] && ! says "$at" existed; then
        conflict="VMs that this undo does not put back are on $bridge: $users"
    fi
}

restore_profile() {
    local name=${record_subject[at]} pairs
    spent=("${record_name[at]}")
    named "$name"
    if ((${#same[@]} == 0)); then
        ! says "$at" existed || note="there is no connection profile $name any more"
    elif ((${#same[@]} > 1)); then
        conflict="several connection profiles are named $name: which one is ours is not known"
    elif ! says "$at" existed; then
        takes nmcli connection delete id "$name"
    else
        find_setting_changes "$at"
        ((${#pairs[@]} == 0)) || set_properties "$name" "${pairs[@]}"
        restore_activity "$name" "${profile_device[${same[0]}]}" "${#pairs[@]}"
    fi
}

# find_setting_changes RECORD: sets `pairs` to the properties that a profile has other than the record.
find_setting_changes() {
    local keys key now old
    pairs=()
    read -r -a keys <<<"${record_settings[$1]}"
    for key in "${keys[@]}"; do
        old=${record_says["$1 set $key"]}
        now=${setting["${profile_block[${same[0]}]} $key"]-}
        if [[ $now != "$old" ]]; then
            pairs+=("$key" "$old")
            change "${record_subject[$1]}: $key" "$now" "$old"
        fi
    done
}

# restore_activity NAME DEVICE EDITED: a device that exists by its profile is made anew.
restore_activity() {
    if ! says "$at" active; then
        [[ -z $2 ]] || takes nmcli connection down id "$1"
    elif [[ -z $2 ]] || (($3)); then
        [[ -z $2 ]] || takes nmcli connection down id "$1"
        takes nmcli connection up id "$1"
        remade=yes
    fi
}

# raise_ports BRIDGE UUID: a port that went down with its bridge may not come back by itself.
raise_ports() {
    local i controller
    for i in "${!record_name[@]}"; do
        [[ ${record_kind[i]} == profile && ${record_says["$i type"]-} == vxlan ]] || continue
        if ! is_ours "$i" || ! says "$i" existed || ! says "$i" active; then continue; fi
        controller=${record_says["$i set connection.controller"]-}
        [[ $controller == "$1" || $controller == "$2" ]] || continue
        named "${record_subject[i]}"
        ((${#same[@]} == 0)) || takes nmcli connection up id "${record_subject[i]}"
    done
}

# --- Back: 10.2, the underlay -------------------------------------------------------------------------------------

# The profile that was active is brought up again before ours is deleted.
judge_ethernet_profile() {
    local interface=${record_subject[at]} uuid=${record_says["$at active"]-} numbers i pairs
    local edited="" idle=() deletes=() known=""
    spent=("${record_name[at]}")
    active_on "$interface"
    ours profile 802-3-ethernet
    for i in "${numbers[@]}"; do
        spent+=("${record_name[i]}")
        named "${record_subject[i]}"
        ((${#same[@]})) || continue
        if ! says "$i" existed; then
            deletes+=("${record_subject[i]}")
            continue
        fi
        [[ -n $uuid || ${profile_device[${same[0]}]} != "$interface" ]] || idle+=("${record_subject[i]}")
        find_setting_changes "$i"
        if ((${#pairs[@]})); then
            set_properties "${record_subject[i]}" "${pairs[@]}"
            edited=yes
        fi
    done
    for i in "${!profile_uuid[@]}"; do
        [[ ${profile_uuid[i]} != "$uuid" ]] || known=yes
    done
    if [[ -n $known ]] && [[ -z $active || -n $edited || ${profile_uuid[active]} != "$uuid" ]]; then
        takes nmcli connection up uuid "$uuid"
    fi
    for i in "${idle[@]}"; do
        takes nmcli connection down id "$i"
    done
    for i in "${deletes[@]}"; do
        takes nmcli connection delete id "$i"
    done
}
