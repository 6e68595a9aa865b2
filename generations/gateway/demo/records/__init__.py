"""What is kept of an exchange: the row of the audit table, its metadata and its I/O log."""
