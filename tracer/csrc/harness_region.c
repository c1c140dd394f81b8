/* The stream's memory for a recorder that writes it without a call of Python for each record. */
#include "harness.h"
#include "region.h"

struct core_region harness_core;

/* region() -> capsule: valid in the child, after it took its request. */
PyObject *
harness_region(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    harness_core.data = harness.region->data;
    harness_core.room = harness.stream_limit;
    harness_core.committed = &harness.region->committed;
    harness_core.stop = harness_stop;
    return PyCapsule_New(&harness_core, REGION_CAPSULE, NULL);
}
