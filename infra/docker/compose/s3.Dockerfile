# The S3 gateway.
ARG BASE
FROM ${BASE}
COPY versitygw /usr/local/bin/
