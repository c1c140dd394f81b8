"""The two fixed worlds of a slot: what a row must not depend on differs between them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """Constants of one sandbox of a slot; all are part of the environment's fingerprint."""

    name: str
    hash_seed: str
    heap_padding: int | None
    clock_base_ns: int
    clock_monotonic_ns: int
    clock_ns_per_fuel: int
    # Process numbers that go by before the first child, beyond what a sandbox uses in its life.
    numbers_passed: int


_SECOND = 1_000_000_000

TRACE = Variant(
    name="trace",
    hash_seed="0",
    heap_padding=None,
    clock_base_ns=1_704_067_200 * _SECOND,  # 2024-01-01T00:00:00Z
    clock_monotonic_ns=1_000 * _SECOND,
    clock_ns_per_fuel=1_000,
    numbers_passed=0,
)

# Another day, hour and fraction, and a clock that runs faster: whatever is made of time shows.
CONFIRM = Variant(
    name="confirm",
    hash_seed="1791095845",
    heap_padding=7_046_029_254_386_353_131,
    clock_base_ns=1_737_988_391 * _SECOND + 271_828_182,  # 2025-01-27T14:33:11Z
    clock_monotonic_ns=86_413 * _SECOND + 577_215_664,
    clock_ns_per_fuel=1_373,
    numbers_passed=1_021,
)

VARIANTS = {variant.name: variant for variant in (TRACE, CONFIRM)}
