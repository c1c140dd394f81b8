// Training texts: what a spec asks for, and the rows of the published table `text` (docs/text-formats.md, "Examples").

/** In the order in which the examples of one trace stand. */
export const EXAMPLE_FORMATS = [
  'direct',
  'scratchpad',
  'compact',
  'dynamic',
  'inverse',
  'inline',
  'tree',
  'cwm',
] as const;
export type ExampleFormat = (typeof EXAMPLE_FORMATS)[number];

/** Formats whose examples are pairs of states. */
export const PAIR_FORMATS: readonly ExampleFormat[] = ['dynamic', 'inverse'];

export interface RenderSpec {
  readonly format: ExampleFormat;
  /** Tokens of an example at most; a longer one is left out. */
  readonly context: number;
  /** Pairs of a trace at most, and how many events lie between the two states; formats of pairs only. */
  readonly pairs?: number;
  readonly ahead?: readonly number[];
}

/** Bounds of what `text` is made of; null has no bound. Shares are of the examples that there would be without bounds. */
export interface BalanceSpec {
  readonly perRepositoryMax: number | null;
  /** Of examples whose call raised. */
  readonly raisingMax: number | null;
  /** Traces of one function, by input_index. */
  readonly perFunctionMax: number | null;
}

/** Code points, end exclusive. */
export interface LossSpan {
  readonly start: number;
  readonly end: number;
}

/** A row of `text`. */
export interface TextRow {
  readonly id: string;
  readonly text: string;
  readonly format: string;
  readonly function_id: string;
  /** `id` of its row of `traces`. */
  readonly trace_id: string;
  readonly split: string;
  /** What is learned; all else is given. */
  readonly loss_spans: readonly LossSpan[];
  /** Indexes of events: of a pair the state that is given and the one that is learned, else the first and the last one. */
  readonly step_from: number;
  readonly step_to: number;
  /** How many events lie between the states of a pair; 0 in all other formats. */
  readonly ahead: number;
  /** As src/render/tokens.ts counts them. */
  readonly tokens: number;
}

/** What became of the examples of a set, and both sides of each equation over them. */
export interface TextCounts {
  /** Accepted traces. */
  readonly traces: number;
  readonly tracesRendered: number;
  /** Beyond `balance.perFunctionMax`. */
  readonly tracesOverFunctionMax: number;
  readonly proposed: number;
  /** Longer than their context. */
  readonly tooLong: number;
  /** Of another example with the same text before what is learned. */
  readonly duplicates: number;
  /** Left out by the shares of `balance`. */
  readonly overBalance: number;
  readonly published: number;
  readonly byFormat: Readonly<Record<string, number>>;
}

/** Whether each state of the set stands for itself. */
export interface SelfContained {
  /** Distinct (source, state) with a next state. */
  readonly states: number;
  /** Steps that were not compared: opaque ones, and those of traces with a label. */
  readonly stepsExcused: number;
  /** Distinct (source, state) that were followed by two different states. */
  readonly ambiguous: number;
}
