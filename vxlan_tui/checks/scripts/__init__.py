"""Programs that run on the host that is verified, by its own Python. Each is a file that stands alone."""
