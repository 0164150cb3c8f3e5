"""One HTTP server for the drawing page and for the live page: bounded connections, deadlines, who may ask."""
