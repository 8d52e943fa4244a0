# --- libvirt's VMs ------------------------------------------------------------------------------------------------

vm_names="" # all VMs, a line each
declare -A vm_state=() vm_persistent=() vm_stored=() vm_live=() # the last two: numbers of NICs
nic_mac=() nic_type=() nic_source=() nic_network=() nic_device=() nic_xml=()

# look_at_vms NAME…: these VMs, in few calls.
look_at_vms() {
    local name names=()
    vm_names=$(reading virsh list --all --name) || return
    for name in "$@"; do
        [[ -n $name ]] || continue
        vm_state["of $name"]="" vm_persistent["of $name"]="" vm_stored["of $name"]="" vm_live["of $name"]=""
        ! has_line "$name" "$vm_names" || names+=("$name")
        if ((${#names[@]} == 40)); then
            look_at_these "${names[@]}"
            names=()
        fi
    done
    ((${#names[@]} == 0)) || look_at_these "${names[@]}"
}

# look_at_these NAME…: virsh's own echo marks where each VM begins, by a word that no output can know.
look_at_these() {
    local mark=vm-$RANDOM$RANDOM$RANDOM script="" each line name="" part="" active="" block=""
    for ((each = 1; each <= $#; each++)); do
        virsh_quote "${!each}"
        script+="echo $mark $each; dominfo $quoted; dumpxml --inactive --security-info $quoted; dumpxml $quoted; "
    done
    while IFS= read -r line; do
        case $part:$line in
            *:"$mark "*)
                each=${line#"$mark "}
                name=${!each} part=info
                ;;
            'info:Id: '*) active=${line##* } ;;
            'info:State: '*) keep_state "$name" "${line#State:}" ;;
            'info:Persistent: '*) vm_persistent["of $name"]=${line##* } ;;
            'info:<domain '*) part=stored ;;
            'between:<domain '*) part=live ;;
            *':</domain>') part=between ;;
        esac
        [[ -z $block && $line != '    <interface '* ]] || block+=$line$'\n'
        if [[ $line == '    </interface>' ]]; then
            if [[ $part == stored && ${vm_persistent["of $name"]} == yes ]]; then
                vm_stored["of $name"]+="${#nic_mac[@]} "
                keep_nic "$block"
            elif [[ $part == live && $active != - ]]; then
                vm_live["of $name"]+="${#nic_mac[@]} "
                keep_nic "$block"
            fi
            block=""
        fi
    done < <(reading virsh "$script" 2>/dev/null | sed -n -e '/^    <interface /,/^    <\/interface>/p' \
        -e "/^$mark /p; /^\(Id\|State\|Persistent\): /p; /^<domain /p; /^<\/domain>/p")
}

# Sets `quoted` to $1 as virsh's own command line reads it back as one word.
virsh_quote() {
    local single=\' around=\'\\\'\'
    quoted=\'${1//$single/$around}\'
}

# keep_state NAME WORDS: libvirt's words for it, in ours.
keep_state() {
    local state=${2#"${2%%[! ]*}"}
    case $state in
        idle) state=running ;;
        'in shutdown') state="shutting down" ;;
        pmsuspended) state=suspended ;;
        'no state') state="without a state" ;;
    esac
    vm_state["of $1"]=$state
}

# keep_nic XML: adds a NIC to the lists.
keep_nic() {
    local source
    find_in "$1" "^    <interface type='([^']*)'"
    nic_type+=("$found")
    find_in "$1" $'\n'"      <mac address='([^']*)'"
    nic_mac+=("$found")
    find_in "$1" $'\n'"      <target [^>]*dev='([^']*)'"
    nic_device+=("$found")
    find_in "$1" $'\n'"      <source( [^>]*)>"
    source=$found
    find_in "$source" " network='([^']*)'"
    nic_network+=("$found")
    [[ -n $found ]] || find_in "$source" " bridge='([^']*)'"
    [[ -n $found ]] || find_in "$source" " dev='([^']*)'"
    nic_source+=("$found")
    nic_xml+=("$1")
}

# find_in TEXT PATTERN: sets `found` to what the pattern's group matches, or to nothing.
find_in() {
    found=""
    [[ ! $1 =~ $2 ]] || found=${BASH_REMATCH[1]}
}

is_vm() {
    [[ -n ${vm_state["of $1"]-} ]]
}

is_off() {
    [[ ${vm_state["of $1"]} == "shut off" || ${vm_state["of $1"]} == crashed ]]
}

# A VM is asked to shut down, and waited for until it is off. Never forced: a guest may ignore the request. One that is
# still booting misses it, so it is repeated.
takes_shutdown() {
    local until_off="n=0; until virsh list --name --state-shutoff | grep -Fxq -e \"\$0\"; do"
    until_off+=" sleep 0.5; ((++n % 20)) || virsh shutdown \"\$0\"; done"
    takes virsh shutdown "$1"
    limit=$(($2 + 30)) waits=yes takes timeout "$2" bash -c "$until_off" "$1"
}
