"""Notes each line of a function that runs, once for each code object.

It is the `sitecustomize` of the image: `site` loads it in every interpreter, those that tests start
too. Does nothing where the folder of the notes is not there. A note is written when a line is met
for the first time, so that nothing is lost where a process is killed.
"""

import posix
import sys

NOTES = "/notes"
# Of the library, the packages, and the source trees whose tests run.
WATCHED = ("/usr/lib/python3.13/", "/opt/packages/", "/tmp/trees/", "<frozen ")
TESTS = "/usr/lib/python3.13/test/"
# 0 to 2 have names of their own and 3 belongs to tests of sys.monitoring.
_TOOL = 4
# Bodies of functions have names of their own; those of modules and classes have not.
_CO_NEWLOCALS = 2
_FLAGS = posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_CLOEXEC


def _noter():
    # All that a note needs is at hand here: tests replace what modules hold.
    disable = sys.monitoring.DISABLE
    open_, write, close, error = posix.open, posix.write, posix.close, OSError
    path = f"{NOTES}/lines"

    def on_line(code, line):
        name = code.co_filename
        if not code.co_flags & _CO_NEWLOCALS or not name.startswith(WATCHED):
            return disable
        if name.startswith(TESTS):
            return disable
        try:
            file = open_(path, _FLAGS, 0o666)
            try:
                write(file, f"{name}\t{line}\n".encode("utf-8", "surrogateescape"))
            finally:
                close(file)
        except error:
            # A test has taken the descriptors or the space: noted when the line runs again.
            return None
        return disable

    return on_line


def _install():
    try:
        posix.stat(NOTES)
        sys.monitoring.use_tool_id(_TOOL, "tracemill-own-tests")
    except (OSError, ValueError):
        return
    events = sys.monitoring.events
    sys.monitoring.register_callback(_TOOL, events.LINE, _noter())
    sys.monitoring.set_events(_TOOL, events.LINE)


_install()
