"""The proof: old and new text of a site are read again, run side by side, and compared step by step.

Nothing here knows what the rewriter meant. `program` reads texts, `draws` and `steps` choose values and
steps, `worker` (a process of its own, the only place that imports TensorFlow) evaluates, `compare`
judges, `session` puts them together. `record` proves a whole program, by what two runs of it did.
`shown` and `formulas` give the rates of one side alone.
"""
