# --- libvirt's networks -------------------------------------------------------------------------------------------

networks="" networks_active="" networks_autostart="" networks_persistent="" # a line each

look_at_networks() {
    networks=$(reading virsh net-list --all --name) && networks_active=$(reading virsh net-list --name) &&
        networks_autostart=$(reading virsh net-list --all --name --autostart) &&
        networks_persistent=$(reading virsh net-list --all --name --persistent)
}

# has_line LINE TEXT
has_line() {
    [[ $'\n'$2$'\n' == *$'\n'"$1"$'\n'* ]]
}
