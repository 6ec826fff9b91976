"""Linux's video devices: what they are, the virtual one, who has one open, who watches, the same webcam found again."""
