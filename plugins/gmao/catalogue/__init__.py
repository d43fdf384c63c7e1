"""What kinds of equipment there are: types (the nomenclature) and models (what makers sell)."""
