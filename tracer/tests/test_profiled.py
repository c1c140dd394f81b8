"""The recorder that is tested is the one that the build means to make."""

from tracer import _core


def test_the_recorder_is_compiled_with_counts_of_its_own_runs() -> None:
    # A build whose training fails goes on without them, and is slower.
    assert _core.PROFILED == 1
