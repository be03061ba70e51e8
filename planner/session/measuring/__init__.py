"""The Measure page's state: runs in threads of the server, results worked out once."""
