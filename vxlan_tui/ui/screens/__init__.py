"""The screens, one for each section of the way, and what opens over them."""
