"""The demonstration: a played past of stocks, and a requisition at each stage of the cycle."""
