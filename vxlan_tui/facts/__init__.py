"""What is so on this host: one module per tool, a read and a pure parse each. Nothing here changes anything."""
