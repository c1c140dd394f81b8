// Which records and functions a job takes: `select:` of its spec (docs/job-spec.md, "Select"). Pure; what is left out says
// why.
import type { FunctionKind } from '../contract/function.ts';
import type { FUNCTION_REASONS } from '../contract/outcome.ts';
import type { FunctionShape, Selection } from '../contract/spec.ts';
import type { RecordReading } from '../schema/corpus-record.ts';
import { isLicensed } from '../schema/license.ts';

export interface FunctionFacts {
  readonly kind: FunctionKind;
  /** Null for a program. */
  readonly qualname: string | null;
  readonly lines: number;
  readonly loopDepth: number;
}

type SelectReason = Extract<(typeof FUNCTION_REASONS)[number], `${string}-not-selected`>;

/** By its qualified name: `f`, `C.m`, `f.<locals>.g`. */
function shapeOf({ kind, qualname }: FunctionFacts): FunctionShape {
  if (kind === 'program' || qualname === null) return 'program';
  if (qualname.includes('<locals>')) return 'nested';
  return qualname.includes('.') ? 'method' : 'function';
}

function isSized(lines: number, { min, max }: Selection['size']): boolean {
  return (min === null || lines >= min) && (max === null || lines <= max);
}

/** Loops in one another: two deep. */
const NESTED = 2;

function hasLoops(depth: number, wanted: Selection['nestedLoops']): boolean {
  switch (wanted) {
    case 'any':
      return true;
    case 'required':
      return depth >= NESTED;
    case 'none':
      return depth < NESTED;
  }
}

/** All reasons why a function is left out; none where it is taken. */
export function functionRejects(
  facts: FunctionFacts,
  select: Selection | undefined,
): SelectReason[] {
  if (select === undefined) return [];
  const { kinds, size, nestedLoops } = select;
  const reasons: SelectReason[] = [];
  if (kinds !== null && !kinds.includes(shapeOf(facts))) reasons.push('kind-not-selected');
  if (!isSized(facts.lines, size)) reasons.push('size-not-selected');
  if (!hasLoops(facts.loopDepth, nestedLoops)) reasons.push('loops-not-selected');
  return reasons;
}

/** A record under another licence, or under none that is known, is not analysed at all. */
export function selectRecord(reading: RecordReading, select: Selection | undefined): RecordReading {
  const licenses = select?.licenses ?? null;
  if (reading.kind === 'reject' || licenses === null) return reading;
  const { index, provenance } = reading.record;
  const { license, label } = provenance;
  if (license !== null && isLicensed(license, new Set(licenses))) return reading;
  return { kind: 'reject', index, label, reason: 'license-not-selected' };
}
