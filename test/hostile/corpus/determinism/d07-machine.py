# expect: returned (touches-files opaque)
# attack: asks how large the machine is and how much it has to do
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  [{0}, 1, 1, 262144, 262144, (0.0, 0.0, 0.0), 0, 0, (32768, 32768), (16384, 16384), 3]
# same:   yes
import os
import resource
import shutil


def f():
    names = ["NPROCESSORS_ONLN", "NPROCESSORS_CONF", "PHYS_PAGES", "AVPHYS_PAGES"]
    return [
        os.sched_getaffinity(0),
        *[os.sysconf("SC_" + name) for name in names],
        os.getloadavg(),
        shutil.disk_usage("/").free,
        os.statvfs("/usr").f_favail,
        resource.getrlimit(resource.RLIMIT_NPROC),
        resource.getrlimit(resource.RLIMIT_SIGPENDING),
        os.open("/dev/null", os.O_RDONLY),
    ]
