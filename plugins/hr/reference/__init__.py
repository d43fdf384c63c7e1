"""What the careers are made of: cadres, grades and steps, and positions, each with the text that founds it."""
