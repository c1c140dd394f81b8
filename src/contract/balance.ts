// Counts of a job and the equations that hold between them (docs/data-set.md). Both sides go into the manifest.

export interface Counts {
  readonly recordsRead: number;
  readonly recordsParsed: number;
  readonly recordsRejected: number;
  readonly functionsFound: number;
  readonly functionsKept: number;
  readonly functionsDuplicate: number;
  readonly functionsContaminated: number;
  readonly functionsRejected: number;
  readonly functionsWithInputs: number;
  readonly functionsWithoutInputs: number;
  /** Given with the corpus and found by later passes, before any is dropped. */
  readonly inputsFound: number;
  readonly inputsKept: number;
  readonly inputsDropped: number;
  readonly invocationsPlanned: number;
  readonly invocationsFaulted: number;
  /** Σ over byOutcome. */
  readonly outcomes: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicateTraces: number;
  readonly rowsPublished: number;
  readonly byOutcome: Readonly<Record<string, number>>;
  readonly byReason: Readonly<Record<string, number>>;
}

export interface Equation {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly holds: boolean;
}
