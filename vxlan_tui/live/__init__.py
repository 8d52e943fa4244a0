"""What a host has now, kept current by the system's own events: nothing is polled, and nothing costs while idle."""
