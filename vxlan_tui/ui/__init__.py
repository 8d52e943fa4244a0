"""The wizard: the chapter as screens. Only what is in here knows Textual."""
