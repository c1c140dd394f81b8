// Splits of a data set: which functions a model trains on and which it is asked about (docs/job-spec.md, "Splits").

/** In the order of the files of a set. */
export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Splits whose share a spec names; what is left is train. Filled in this order. */
export const HELD_OUT = ['test', 'validation'] as const;
export type HeldOut = (typeof HELD_OUT)[number];

export interface SplitSpec {
  /** `repository`: functions of one repository stand in one split, and those of one cluster; `cluster`: only the latter. */
  readonly by: 'repository' | 'cluster';
  /** Least Jaccard similarity of the texts of one cluster. */
  readonly clusterJaccard: number;
  /** Shares of the kept functions, from 0 to 1. */
  readonly shares: Readonly<Record<HeldOut, number>>;
  readonly seed: number;
}

/** The most similar pair of functions of which one is in a split and the other in none or another one. */
export interface ClosestPair {
  /** Functions of the split that were compared with all functions outside of it. */
  readonly compared: number;
  /** Shingles that both have, and that at least one has; both 0 where no two functions share any. */
  readonly shared: number;
  readonly total: number;
  /** functionIds: of the split, and outside of it; null where no two functions share a shingle. */
  readonly pair: readonly [string, string] | null;
}

/** What the manifest and the card say of the splits. */
export interface SplitFacts {
  /** Kept functions of each split. */
  readonly functions: Readonly<Record<Split, number>>;
  readonly clusters: number;
  /** What is put into one split as a whole. */
  readonly components: number;
  /** Functions of the largest one. */
  readonly largestComponent: number;
  /** Functions that could only be in train, since their component is larger than all that is held out. */
  readonly functionsTooLarge: number;
  /** Pairs at or above `clusterJaccard` across splits that only the comparison of all found, and that were put together. */
  readonly pairsJoinedLate: number;
  /** Only with earlier sets. */
  readonly earlier?: {
    readonly functions: number;
    /** Of this set, in a component with some of them, whose split they have. */
    readonly joined: number;
    /** Of those, with some of two splits: they have the one that is held out most. */
    readonly conflicting: number;
  };
  readonly closest: Readonly<Partial<Record<HeldOut, ClosestPair>>>;
}
