"""Events between hub processes: within this one by default, through Redis where several stand side by side."""
