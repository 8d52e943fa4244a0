"""What is asked of the network: a command for the host that is verified, and what its output tells.

Nothing of it changes anything; each ends within seconds. One form serves a host that is reached in any way.
"""
