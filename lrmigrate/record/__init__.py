"""The whole program on record: the rate in force at every update of a run, and two runs side by side.

`recorder` runs inside the user's own Python, whatever that has, and imports nothing of lrmigrate; `read` takes its
files, `pair` finds for each optimizer of the old program the one of the new, `compare` judges.
"""
