"""The arithmetic of staff: from what was recorded to the days, dates and numbers that are shown.

`accrual` what leave a person is credited with, period by period · `lots` what is left of it after leave, carrying over
and expiry · `leavedays` which days a leave takes, and when service is resumed · `seniority` time served, overlaps
counted once · `retirement` the day of it · `wisn` how many staff a workload needs.

All of it is arithmetic on whole numbers, fractions and days: no float, no database. What is not known is None, never 0;
every result comes with its working. Words for the codes that come back belong to the rooms.
"""
