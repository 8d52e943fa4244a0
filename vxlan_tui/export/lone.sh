lone() { ! grep -qFf <(ip -d -o link | sed -nE "$own;s/\S+ ([^:@]+).* dstport $1 .*/.\1:/p") <(echo $state/before/*); }
