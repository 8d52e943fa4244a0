"""Give virtual machines on different KVM hosts a common layer-2 network over VXLAN."""

__version__ = "0.1.0"
