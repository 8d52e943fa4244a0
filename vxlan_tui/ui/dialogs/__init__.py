"""What opens over the screens: each is a question with a typed answer, None where it is left without one."""
