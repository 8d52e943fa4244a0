"""How virsh prints what it is asked for."""


def line(key: str, value: str) -> str:
    """Return a line of virsh net-info or dominfo, whose values stand in one column."""
    return f"{key + ':':<16}{value}"
