"""The plan as it is being written: its tables, the fields of its form, what a field can be chosen from, its edits."""
