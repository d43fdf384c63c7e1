"""Plans of maintenance: what is due when, the orders it becomes, and the checklists that are gone through."""
