# The image of a sandbox: CPython of the distribution, the tracer, the harness, and the packages of one lock file.
# Build context: the folder that holds tracer/ and infra/. Both stages use packages of the bases where they are there.
# PACKAGES_LOCK and WHEELS, paths in the context: requirements with digests, and a folder that holds just their wheels,
# fetched before. Nothing of them is executed here.

ARG PACKAGES_LOCK=infra/docker/packages/none.lock
ARG WHEELS=infra/docker/packages

FROM debian:trixie AS build
RUN test -e /usr/include/python3.13/Python.h && command -v gcc >/dev/null \
    || { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev python3.13-dev; }
COPY tracer/csrc /src/csrc
COPY tracer/profiled.py tracer/training.py /src/
WORKDIR /src/csrc
ENV CC="gcc -O2 -g0 -DNDEBUG -std=c17 -Wall -Wextra -Werror -fPIC -I/usr/include/python3.13"
ENV CORE="peek_storage.c peek_itertools.c peek_quiet.c peek_hash.c"
RUN set -eu; \
    mkdir -p /out/lib /out/tracer /out/bin; \
    $CC -shared -fvisibility=hidden preload*.c -o /out/lib/preload.so; \
    gcc -O2 -g0 -std=c17 -Wall -Wextra -Werror launch.c -o /out/bin/sandbox; \
    $CC -shared harness*.c -o /out/tracer/_harness.so; \
    $CC -shared peek*.c -o /out/tracer/_peek.so; \
    python3.13 ../profiled.py instrument --folder /src/objects --compiler "$CC" core*.c $CORE; \
    sha256sum *.c *.h > /out/sources.sha256
# The recorder is compiled again as its own runs show: it traces programs meanwhile, and needs the package for that.
COPY tracer/src/tracer /src/package
RUN python3.13 ../profiled.py finish --folder /src/objects --compiler "$CC" --package /src/package \
    --peek /out/tracer/_peek.so --out /out/tracer/_core.so core*.c $CORE

FROM debian:trixie AS packages
RUN command -v python3.13 >/dev/null \
    || { apt-get update && apt-get install -y --no-install-recommends python3.13; }
ARG PACKAGES_LOCK
ARG WHEELS
COPY infra/docker/packages/unpack.py /src/unpack.py
COPY ${PACKAGES_LOCK} /src/packages.lock
COPY ${WHEELS} /src/wheels
# Byte code only saves time, and some packages hold templates that do not compile.
RUN python3.13 -I /src/unpack.py /src/packages.lock /src/wheels /out \
    && { python3.13 -I -m compileall -q --invalidation-mode unchecked-hash -s /out -p /opt/packages -x tests /out \
         || true; }

FROM debian:trixie-slim
RUN command -v python3.13 >/dev/null \
    || { apt-get update && apt-get install -y --no-install-recommends python3.13 \
         && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /out /opt/tracemill
COPY --from=packages /out /opt/packages
COPY tracer/allowed-modules.txt /opt/tracemill/allowed-modules.txt
COPY tracer/src/tracer /opt/tracemill/tracer
# Byte code is made here, since the root is read-only later; unchecked, so that no time of a file is looked at.
RUN set -eu; \
    python3.13 -m compileall -q --invalidation-mode unchecked-hash /opt/tracemill; \
    python3.13 -m compileall -q --invalidation-mode unchecked-hash -x 'test|lib2to3|idlelib' /usr/lib/python3.13; \
    PYTHONPATH=/opt/tracemill python3.13 -s -S -P -m tracer.harness.fingerprint > /tmp/environment.json; \
    mv /tmp/environment.json /opt/tracemill/environment.json; \
    rm -rf /tmp/* /var/tmp/*; \
    chmod -R a+rX,go-w /opt/tracemill /opt/packages
USER 65534:65534
WORKDIR /tmp
ENTRYPOINT ["/opt/tracemill/bin/sandbox"]
