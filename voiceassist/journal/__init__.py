"""A call's journal: what went into its decisions and what came out, line by line, with the time of each.

Off unless `journal.folder` is set. Words are redacted, and sound is never in it, only how likely each frame was speech.
A call's decisions hang on the order of its inputs alone: so a journal can be decided again, as a bug report that runs,
and tells for each breath where its time went.
"""
