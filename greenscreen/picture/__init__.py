"""The types that travel, and what is done to a picture as such: its form, its size, its memory."""
