# --- 10.4: the libvirt network on top of the bridge ---------------------------------------------------------------

network_name=() network_on=() network_xml=()
declare -A network_bridge=() network_forward=()

# network NAME BRIDGE: its XML comes on standard input.
network() {
    local number=${#network_name[@]} xml
    IFS= read -r -d '' xml
    network_name+=("$1") network_on+=("$2") network_xml+=("$xml")
    step network.define "$number" 10.4 "Define the libvirt network $1 on $2"
    step network.start "$number" 10.4 "Start the libvirt network $1"
    step network.autostart "$number" 10.4 "Start $1 whenever libvirt starts"
}

# What is behind the networks of these names.
look_behind_networks() {
    local name xml
    look_at_networks || return
    for name in "${network_name[@]}"; do
        has_line "$name" "$networks" || continue
        xml=$(reading virsh net-dumpxml "$name") || return
        network_bridge["of $name"]=$(sed -nE "s/^  <bridge .*name='([^']*)'.*/\1/p" <<<"$xml")
        network_forward["of $name"]=$(sed -nE "s/^  <forward .*mode='([^']*)'.*/\1/p" <<<"$xml")
    done
}

check_network() {
    local name=${network_name[at]} bridge forward
    has_line "$name" "$networks" || return 0
    bridge=${network_bridge["of $name"]-} forward=${network_forward["of $name"]-}
    if [[ $bridge != "${network_on[at]}" ]]; then
        conflict="a libvirt network $name exists ${bridge:+on }${bridge:-without a bridge}, not on ${network_on[at]}"
    elif [[ $forward != bridge ]]; then
        conflict="a libvirt network $name exists with forward mode ${forward:-isolated}, not bridge"
    fi
}

will_record_network() {
    local name=${network_name[at]} active=no autostart=no persistent=no
    if ! has_line "$name" "$networks"; then
        will_record "network.$name" "existed no"
        return
    fi
    ! has_line "$name" "$networks_active" || active=yes
    ! has_line "$name" "$networks_persistent" || persistent=yes
    ! has_line "$name" "$networks_autostart" || autostart=yes
    will_record "network.$name" "existed yes" "active $active" "autostart $autostart" "persistent $persistent"
}

judge_network_define() {
    local file=$xml_directory/${network_name[at]}.xml
    check_network
    [[ -z $conflict ]] || return 0
    if has_line "${network_name[at]}" "$networks_persistent"; then
        [[ ! -e $file ]] || takes rm "$file"
        return
    fi
    input=${network_xml[at]} takes install -D -m 600 /dev/stdin "$file"
    takes virsh net-define "$file"
    takes rm "$file"
    will_record_network
}

judge_network_start() {
    check_network
    if [[ -n $conflict ]]; then
        conflict=""  # the step before says it
    elif ! has_line "${network_name[at]}" "$networks_active"; then
        takes virsh net-start "${network_name[at]}"
        will_record_network
    fi
}

judge_network_autostart() {
    check_network
    if [[ -n $conflict ]]; then
        conflict=""
    elif ! has_line "${network_name[at]}" "$networks_autostart"; then
        takes virsh net-autostart "${network_name[at]}"
        will_record_network
    fi
}
