# The image of a worker: Node, the compiled program, and the packages that it needs when it runs.
# Build context: the project. Where it has a folder `ready` with dist/, bin/ and node_modules/ (infra/dev makes one for
# networks that reach no registry from inside a build), that is taken; else all is installed and compiled here. What no
# program reads when it runs (types, sources, maps, native parts for other machines) is left out: machines load the image
# over the network.

ARG BASE=debian:trixie-slim

FROM ${BASE} AS build
COPY . /src
WORKDIR /src
RUN set -eu; \
    if [ -d ready ]; then \
        mv ready /app; \
    else \
        apt-get update; \
        apt-get install -y --no-install-recommends ca-certificates nodejs npm; \
        npm ci --ignore-scripts --no-audit --no-fund; \
        node scripts/build.mjs; \
        npm prune --omit=dev --ignore-scripts --no-audit --no-fund; \
        mkdir /app; \
        mv package.json bin dist node_modules infra /app/; \
    fi; \
    cd /app/node_modules; \
    bridge=@temporalio/core-bridge; \
    rm -rf "$bridge/sdk-core" "$bridge/src" "$bridge/bridge-macros" @types; \
    find "$bridge/releases" -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +; \
    find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

FROM ${BASE}
RUN command -v node >/dev/null \
    || { apt-get update && apt-get install -y --no-install-recommends ca-certificates nodejs \
         && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /app /app
RUN echo 'tracemill:x:10001:' >>/etc/group \
    && echo 'tracemill:x:10001:10001::/var/lib/tracemill:/usr/sbin/nologin' >>/etc/passwd \
    && mkdir -m 0700 /var/lib/tracemill && chown 10001:10001 /var/lib/tracemill
ENV NODE_ENV=production \
    TRACEMILL_HOME=/var/lib/tracemill \
    TRACEMILL_CACHE=/tmp/tracemill-cache
USER 10001:10001
WORKDIR /app
ENTRYPOINT ["node", "/app/bin/tracemill.js"]
CMD ["worker"]
