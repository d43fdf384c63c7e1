"""Documents and photos that belong to an object of any plugin: kept by their content, shown on the object's page."""
