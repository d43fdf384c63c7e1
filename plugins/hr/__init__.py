"""The health workforce: posts, the people who hold them, and their careers."""
