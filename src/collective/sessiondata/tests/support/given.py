"""What some tests need beside the package: environment variables say where it is."""

import os


def given(name, what):
    """Return the environment variable ``name``, which says where ``what`` is."""
    try:
        return os.environ[name]
    except KeyError:
        raise RuntimeError(
            f"These tests need {what}: set the environment variable {name} to its "
            "path. In a checkout bin/test does, and for a wheel make test-wheel."
        ) from None
