"""What is kept: runs, attempts, grades, the user's evidence, plans: SQLite by default, PostgreSQL by URL."""
