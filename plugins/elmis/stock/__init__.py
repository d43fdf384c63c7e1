"""The stocks of a facility as its people see them: by product and by lot, what expires, the stock card."""
