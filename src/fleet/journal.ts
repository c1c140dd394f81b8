// Who is in charge of a fleet, and what it has seen: numbered terms in the object store, each created once. Whoever creates
// the next number holds the fleet until the term's end; so two that try at once are told apart by the store, and a holder
// that was away too long finds a higher number. A term carries the fleet's whole state to the next one.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { numberedKeys } from '../store/numbered-keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { fleetStateSchema } from './state.ts';

const termSchema = z.object({
  v: z.literal(1),
  term: z.number().int().positive(),
  holder: z.string(),
  /** Since the epoch, by the holder's clock. */
  writtenAtMs: z.number(),
  untilMs: z.number(),
  state: fleetStateSchema,
});

export type FleetTerm = z.infer<typeof termSchema>;

/** What is kept behind the newest: a loop that slept finds where it was, and people see what came before. */
const TERMS_KEPT = 40;
const DIGITS = 10;

export interface Journal {
  /** The newest term; null before the first. Throws AppError `store-*`, `object-damaged`. */
  newest(): Promise<FleetTerm | null>;
  /** True where this process holds the fleet from now on; false where another one was faster. */
  write(term: FleetTerm): Promise<boolean>;
}

const prefixOf = (fleet: string): string => `fleets/${fleet}/terms/`;
const keyOf = (fleet: string, term: number): string =>
  `${prefixOf(fleet)}${String(term).padStart(DIGITS, '0')}.json`;

function parse(key: string, bytes: Uint8Array): FleetTerm {
  try {
    return termSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new AppError(
      'object-damaged',
      `term ${JSON.stringify(key)} of the fleet cannot be read; remove it once no other loop runs`,
      { cause },
    );
  }
}

async function keysOf(store: ObjectStore, fleet: string): Promise<readonly string[]> {
  return (await numberedKeys(store, prefixOf(fleet))).map(({ key }) => key);
}

export function openJournal(store: ObjectStore, fleet: string): Journal {
  const sweep = async (): Promise<void> => {
    for (const key of (await keysOf(store, fleet)).slice(0, -TERMS_KEPT)) await store.delete(key);
  };
  return {
    newest: async () => {
      const key = (await keysOf(store, fleet)).at(-1);
      return key === undefined ? null : parse(key, await store.get(key));
    },
    write: async (term) => {
      const key = keyOf(fleet, term.term);
      const body = Buffer.from(JSON.stringify(termSchema.parse(term)));
      const put = await store.putIfAbsent(key, body, { contentType: 'application/json' });
      if (put.kind === 'present') return false;
      // Old terms are removed: a number that was free again may be an old one.
      if ((await keysOf(store, fleet)).at(-1) !== key) {
        await store.delete(key);
        return false;
      }
      if (term.term % TERMS_KEPT === 0) await sweep();
      return true;
    },
  };
}
