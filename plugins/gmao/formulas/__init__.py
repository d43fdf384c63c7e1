"""The arithmetic of maintenance: from what was recorded to the figures that are shown and the days that are due.

`spans` unions of times · `downtime` availability, MTBF, MTTR and waiting · `delays` from report to restoration ·
`functional` the rate of what works · `recurrence`, `meters`, `workdays` when maintenance is due · `compliance` whether
it was done in time · `risk` which equipment is in the programme, and how often · `safety` verdicts of measured values ·
`coldchain` breaches in a series of temperatures · `replacement` what should be replaced first · `depreciation` what it
is worth in the books · `survival` how long donations last · `gate` whether what is offered can serve · `serials` which
pieces a list of numbers means · `tags` the national code with its check character.

All of it is arithmetic on whole numbers, fractions, days and moments: no float, no database. What is not known is None,
never 0; what was left out of a figure is named with it. Words for the codes that come back belong to the rooms.
"""
