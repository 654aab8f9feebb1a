"""A worker at a hub: it recognises the lines of agents whose sound comes in there."""
