"""Defects whose rule, file and line are known because they were made here."""
