#!/bin/bash
# The first process of a rehearsal's small VM. The kernel's command line has rehearsal=OWN,PEER,PEER once for each
# NIC, in their order: it takes OWN as its address, and asks by ARP for the peers.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do
    insmod "$module"
done < /modules
for event in /sys/class/input/event*; do
    [[ $(< "$event/device/name") == 'Power Button' ]] || continue
    cat < "/dev/input/${event##*/}" | {  # read by itself asks for less than the kernel gives at once
        read -r -N 1 _
        echo 'rehearsal: off'
        echo o > /proc/sysrq-trigger
    } &
done
ip link set lo up
nics=()
for word in $(< /proc/cmdline); do
    [[ $word == rehearsal=* ]] || continue
    nic=eth${#nics[@]}
    nics+=("${word#*=}")
    own=${nics[-1]%%,*}
    ip link set "$nic" up
    ip addr add "$own/24" dev "$nic"
    echo "rehearsal: $nic has $own and $(< "/sys/class/net/$nic/address")"
done
echo 'rehearsal: up'
while :; do
    for index in "${!nics[@]}"; do
        IFS=, read -r own peers <<< "${nics[index]}"
        for peer in ${peers//,/ }; do
            said=$(arping -c 1 -w 1 -s "$own" -I "eth$index" "$peer" 2>&1)
            answer='no answer'
            [[ $said =~ Unicast\ reply[^$'\n']* ]] && answer=${BASH_REMATCH[0]}
            echo "rehearsal: eth$index asks who has $peer: $answer"
        done
    done
    sleep 1
done
