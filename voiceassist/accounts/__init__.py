"""Who may: users and their teams, what lets them in, whose calls they may read, and who did."""
