"""What is looked for in a text."""


def has(words: str, text: str) -> bool:
    """Return whether a text has these words in it, whatever the case of its letters."""
    return words.strip().lower() in text.lower()
