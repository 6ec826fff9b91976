"""What compiled loops are made of, and those that turn a camera's bytes into I420."""
