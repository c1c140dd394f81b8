# PostgreSQL of the distribution, told what to do by the variables of the published image that docker-compose.yml uses.
ARG BASE
FROM ${BASE}
COPY postgres.sh /usr/local/bin/postgres.sh
ENV PATH=/usr/lib/postgresql/17/bin:$PATH
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/sh", "/usr/local/bin/postgres.sh"]
