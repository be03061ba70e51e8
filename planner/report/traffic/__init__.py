"""A log in words and tables: what it says, what was counted out, and what the plan would make of the same requests."""
