"""The hub of many agents: what they publish, the wall that supervisors see, and the alerts."""
