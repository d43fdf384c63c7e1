"""Printed labels: what an entity says of its rows, on sheets and rolls measured in mm, with a code to scan."""
