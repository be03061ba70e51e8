"""Shutting a process in from inside: namespaces and an empty root, limits, capabilities, the list of system calls."""
