"""The call without I/O: no clock, thread, socket, file, log or model in it."""
