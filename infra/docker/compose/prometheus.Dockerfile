# Prometheus of the distribution, as the user and over the folder of the published image.
ARG BASE
FROM ${BASE}
RUN mkdir /prometheus && chown 65534:65534 /prometheus
USER 65534:65534
