# created_by WORD…: the command that makes the VM before, where it does not exist.
created_by() {
    vm_create_from[-1]=${#create_words[@]}
    vm_create_count[-1]=$#
    create_words+=("$@")
}
