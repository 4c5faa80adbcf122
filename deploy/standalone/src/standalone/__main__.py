"""`python -m standalone` is `baton`."""

from standalone.cli import main

if __name__ == "__main__":
    main()
