"""The last steps of PID 1 before its first fork: what makes a child cheap and like any other."""

import gc
import logging

from tracer import _harness
from tracer.harness import child, protect, rehearsal, stdio
from tracer.harness.variants import TRACE, Variant


def settle(variant: Variant, held: tuple[object, ...] = ()) -> None:
    """After this nothing is allocated; what children share is neither counted nor moved.

    `held` is what frames of PID 1 hold that the collector does not know.
    """
    # Records tell how long after this they were made.
    logging.__dict__["_startTime"] = variant.clock_base_ns
    protect.remember()
    stdio.prepare()
    protect.hide()
    rehearsal.rehearse(child.COMMAND_TRACE if variant is TRACE else child.COMMAND_CONFIRM)
    _harness.pass_numbers(variant.numbers_passed)
    gc.collect()
    _harness.make_immortal([*gc.get_objects(), *held])
    _harness.settle_collector()
    _harness.fill_holes()
    if variant.heap_padding is not None:
        _harness.pad_heap(variant.heap_padding)
    _harness.keep_huge_pages()
    _harness.confine()
