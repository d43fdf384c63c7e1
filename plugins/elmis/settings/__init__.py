"""What a ministry sets for its stores: who supplies whom, who approves, which months are closed, why goods move."""
