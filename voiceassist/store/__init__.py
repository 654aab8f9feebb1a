"""What was heard and judged in calls, kept on this machine: one SQLite file by default."""
