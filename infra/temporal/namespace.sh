#!/bin/sh
# Makes the namespace that jobs run in, with its retention, once the server answers. Safe to run again.
set -eu
address="${TEMPORAL_ADDRESS:-temporal:7233}"
namespace="${NAMESPACE:-default}"
for _ in $(seq 60); do
  if temporal operator namespace describe --address "$address" --namespace "$namespace" >/dev/null 2>&1; then
    exit 0
  fi
  temporal operator namespace create --address "$address" --namespace "$namespace" --retention "${RETENTION:-30d}" || true
  sleep 1
done
echo "namespace $namespace could not be made at $address" >&2
exit 1
