# The Temporal server, its schema tool with the schema, and its command line: what the two published images have.
ARG BASE
FROM ${BASE}
COPY temporal-server temporal-sql-tool temporal /usr/local/bin/
COPY schema /etc/temporal/schema
USER 65534:65534
