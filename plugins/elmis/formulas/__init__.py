"""The arithmetic of stocks: from what was consumed to what should be asked for, with its working.

`cmm` months and their consumption · `policies` the CMM by each policy · `packs` quantities in packs ·
`lots` what is usable, and first expiry first · `status` months of stock · `suggestion` the quantity
to ask for and why · `rationing` a fair share when the depot is short.

All of it is arithmetic on integers (base units, days) and fractions: no float, no database.
"""
