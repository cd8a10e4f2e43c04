"""Several runs read together: what differs between them, what it did, and what chance does."""
