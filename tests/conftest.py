"""What holds for all tests: a busy machine is no fault of what is tested."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
