"""`python -m edgedigits_apps` is `edgedigits`."""

from edgedigits_apps.cli import main

if __name__ == "__main__":
    main()
