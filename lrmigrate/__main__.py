"""``python -m lrmigrate``."""

from lrmigrate.cli import main

if __name__ == "__main__":
    main(prog_name="lrmigrate")
