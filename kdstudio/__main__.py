"""`python -m kdstudio`: the same program as the `kdstudio` command."""

from kdstudio.cli import main

if __name__ == "__main__":
    main()
