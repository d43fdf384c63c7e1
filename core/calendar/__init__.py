"""The calendar: public holidays, and when places work."""
