"""`python -m greenscreen` is `greenscreen`."""

from greenscreen.cli import main

if __name__ == "__main__":
    main()
