"""What is asked of the others: packets that change nothing, each answered or given up within seconds.

Sockets of our own, not ping(8) and arping(8): many at once, timed closely, with the ICMP error and its sender.
A finding's `command` names the tool with which a person sees the same.
"""
