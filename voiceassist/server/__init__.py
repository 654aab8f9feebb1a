"""What the world sees: wire messages, the hub and the web app."""
