"""A harness for code that nobody here wrote: `python -m tests.corpus PATH...`.

For checked-out trees it says what lrmigrate finds, whether what it writes still holds together, and
where an independent text search disagrees with it: suspects for misses and for false alarms, to be
looked at by a person. The trees stay as they are; fixes are tried on copies.
"""
