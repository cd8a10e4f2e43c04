"""Fuzz guided by coverage: what leads into code that was never run is damaged further.

    python -m tests.fuzzing.coverage_guided programs|event_files|logs|readers FOLDER [OPTIONS OF LIBFUZZER]

It needs `atheris`, which the tests do not. FOLDER holds what to begin with and is added to; what
crashes or hangs is written to the working directory, and is to become a test.
"""

import sys


def main() -> None:
    """Fuzz until something is found, or `-max_total_time` is over."""
    import atheris

    with atheris.instrument_imports(include=["advisor"]):
        from advisor.rulebook import rulebook
        from tests.fuzzing.__main__ import look_at_event_file, look_at_program
        from tests.fuzzing.logs import look_at_named_log, look_at_named_reader
    looks = {
        "programs": look_at_program,
        "event_files": look_at_event_file,
        "logs": look_at_named_log,
        "readers": look_at_named_reader,
    }
    look = looks[sys.argv.pop(1)]
    rulebook("code")
    atheris.Setup(sys.argv, look)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
