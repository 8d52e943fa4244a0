"""The live panels: what the host has now."""
