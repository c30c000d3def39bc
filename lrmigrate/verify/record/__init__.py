"""The whole program on record: the rate at every update of a run, and two runs side by side.

`recorder` runs inside the user's own Python, whatever that has, and imports nothing of lrmigrate. `read`
takes its files; `match` finds for each optimizer of the old program the one of the new, and judges.
"""
