"""Importers: each turns what others publish into candidates; `collect` makes masks and a manifest of them."""
