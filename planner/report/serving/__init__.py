"""Own machines against an API in sentences and rows, the same for page and terminal."""
