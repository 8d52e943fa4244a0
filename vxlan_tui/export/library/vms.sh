# --- 10.5: VMs on the network -------------------------------------------------------------------------------------

vm_name=() vm_patience=() vm_nics=() vm_create_from=() vm_create_count=() # nics: from and to which of these
wanted_network=() wanted_mac=()
create_words=()

# vm NAME SHUTDOWN-TIMEOUT network=NETWORK[,mac=MAC]…
vm() {
    local number=${#vm_name[@]} each
    vm_name+=("$1") vm_patience+=("$2") vm_nics+=("${#wanted_network[@]} $(($# - 2))")
    vm_create_from+=(0) vm_create_count+=(0)
    step vm.create "$number" 10.5 "Create the VM $1"
    for each in "${@:3}"; do
        step vm.network "${#wanted_network[@]} $number" 10.5 "Connect $1 to ${each#network=}"
        wanted_network+=("${each#network=}") wanted_mac+=("")
        if [[ $each == *,mac=* ]]; then
            wanted_mac[-1]=${each#*,mac=}
            wanted_network[-1]=${wanted_network[-1]%%,*}
        fi
    done
    step vm.restart "$number" 10.5 "Shut $1 down if it runs, and start it"
}

judge_vm_create() {
    local name=${vm_name[at]}
    ! is_vm "$name" || return 0
    if ((vm_create_count[at] == 0)); then
        conflict="there is no VM $name on this host, and the plan does not say how to create it (\`install\`)"
        return
    fi
    limit=3600 takes "${create_words[@]:vm_create_from[at]:vm_create_count[at]}"
    will_record "vm.$name" "existed no" "running no"
}

# select_nic NETWORK MAC NIC…: sets `nic` to the one of that MAC address, the only one, or the one already there.
select_nic() {
    local network=$1 mac=$2 each there=()
    shift 2
    nic=""
    if [[ -n $mac ]]; then
        for each in "$@"; do
            [[ ${nic_mac[each]} != "$mac" || -n $nic ]] || nic=$each
        done
        return
    fi
    for each in "$@"; do
        [[ ${nic_network[each]} != "$network" ]] || there+=("$each")
    done
    if (($# == 1)); then
        nic=$1
    elif ((${#there[@]} == 1)); then
        nic=${there[0]}
    fi
}

# check_vm VM WANTED: sets `nic` to the stored NIC that is meant, or `conflict`.
check_vm() {
    local name=${vm_name[$1]} mac=${wanted_mac[$2]} stored macs="" each
    read -r -a stored <<<"${vm_stored["of $name"]}"
    for each in "${stored[@]}"; do
        macs+="${macs:+, }${nic_mac[each]}"
    done
    select_nic "${wanted_network[$2]}" "$mac" "${stored[@]}"
    if [[ ${vm_persistent["of $name"]} != yes ]]; then
        conflict="the VM $name is transient: libvirt forgets it when it stops, so it cannot be restarted"
    elif [[ -z $nic && -n $mac ]]; then
        conflict="the VM $name has no NIC with the MAC address $mac (it has ${macs:-none})"
    elif [[ -z $nic ]]; then
        conflict="the VM $name has ${#stored[@]} NICs (${macs:-none}): say which one by \`mac\` in the plan"
    else
        case ${vm_state["of $name"]} in
            running | 'shut off' | crashed | 'shutting down') ;;
            *) conflict="the VM $name is ${vm_state["of $name"]}: resume it or shut it down first" ;;
        esac
    fi
}

judge_vm_network() {
    local wanted vm name nic network stored which=()
    read -r wanted vm <<<"$at"
    name=${vm_name[vm]} network=${wanted_network[wanted]}
    is_vm "$name" || return 0
    check_vm "$vm" "$wanted"
    [[ -z $conflict && ${nic_network[nic]} != "$network" ]] || return 0
    read -r -a stored <<<"${vm_stored["of $name"]}"
    ((${#stored[@]} == 1)) && [[ -z ${wanted_mac[wanted]} ]] || which=("mac=${nic_mac[nic]}")
    takes virt-xml "$name" --edit "${which[@]}" --network "network=$network"
    change "$name: NIC ${nic_mac[nic]}" "${nic_type[nic]}${nic_source[nic]:+ }${nic_source[nic]}" "network $network"
    will_record_vm "$name"  # first: undo looks at the NIC with it
    record_names+=("nic.${nic_mac[nic]//:/-}.$name")
    record_texts+=("${nic_xml[nic]}")
}

will_record_vm() {
    local running=yes
    ! is_off "$1" || running=no
    will_record "vm.$1" "existed yes" "running $running"
}

judge_vm_restart() {
    local name=${vm_name[at]} from count wanted nic live all_on=yes
    is_vm "$name" || return 0
    read -r from count <<<"${vm_nics[at]}"
    read -r -a live <<<"${vm_live["of $name"]}"
    for ((wanted = from; wanted < from + count; wanted++)); do
        check_vm "$at" "$wanted"
        if [[ -n $conflict ]]; then
            conflict="" # the steps before say it
            return
        fi
        select_nic "${wanted_network[wanted]}" "${wanted_mac[wanted]}" "${live[@]}"
        [[ -n $nic && ${nic_network[nic]} == "${wanted_network[wanted]}" ]] || all_on=""
    done
    if ! is_off "$name"; then
        [[ -z $all_on ]] || return 0
        takes_shutdown "$name" "${vm_patience[at]}"
    fi
    takes virsh start "$name"
    will_record_vm "$name"
}
