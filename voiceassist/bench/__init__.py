"""What the program is measured by: how late it is, and how well it hears a no."""
