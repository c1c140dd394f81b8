/* The stream's memory for a recorder that writes it without a call of Python for each record. */
#include "harness.h"
#include "region.h"

/* region() -> capsule: valid in the child, after it took its request. */
PyObject *
harness_region(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    static struct core_region shared;
    shared.data = harness.region->data;
    shared.room = harness.stream_limit;
    shared.committed = &harness.region->committed;
    shared.stop = harness_stop;
    return PyCapsule_New(&shared, REGION_CAPSULE, NULL);
}
