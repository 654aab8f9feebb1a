"""The hub's web app: who comes in, what agents' machines publish, and what supervisors see."""
