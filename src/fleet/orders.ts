// What an operator asks of a fleet's loop while it runs: numbered orders in the store, read by whoever is in charge.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { ObjectStore } from '../store/object-store.ts';

const orderSchema = z.discriminatedUnion('kind', [
  /** So many machines whatever the work, until `count` is null. */
  z.object({
    v: z.literal(1),
    kind: z.literal('scale'),
    count: z.number().int().nonnegative().nullable(),
  }),
  z.object({ v: z.literal(1), kind: z.literal('drain'), vm: z.string() }),
]);

export type FleetOrder = z.infer<typeof orderSchema>;

const DIGITS = 10;
/** Others may give orders at the same moment; each try reads the list anew. */
const TRIES = 20;
const KEPT = 50;

const prefixOf = (fleet: string): string => `fleets/${fleet}/orders/`;

async function keysOf(store: ObjectStore, fleet: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefixOf(fleet))) keys.push(key);
  return keys;
}

/** Oldest first. Throws AppError `store-*`. */
export async function readOrders(
  store: ObjectStore,
  fleet: string,
): Promise<readonly FleetOrder[]> {
  const orders: FleetOrder[] = [];
  for (const key of await keysOf(store, fleet)) {
    orders.push(orderSchema.parse(JSON.parse(Buffer.from(await store.get(key)).toString('utf8'))));
  }
  return orders;
}

/** The number of machines that an operator set; null where the policy decides. */
export function fixedCount(orders: readonly FleetOrder[]): number | null {
  const last = orders.findLast((order) => order.kind === 'scale');
  return last?.kind === 'scale' ? last.count : null;
}

export const drainedByOrder = (orders: readonly FleetOrder[]): ReadonlySet<string> =>
  new Set(orders.flatMap((order) => (order.kind === 'drain' ? [order.vm] : [])));

export async function giveOrder(
  store: ObjectStore,
  fleet: string,
  order: FleetOrder,
): Promise<void> {
  const body = Buffer.from(JSON.stringify(order));
  for (let tries = 0; tries < TRIES; tries += 1) {
    const keys = await keysOf(store, fleet);
    const last = keys.at(-1);
    const number = last === undefined ? 1 : Number(/(\d+)\.json$/.exec(last)?.[1] ?? 0) + 1;
    const key = `${prefixOf(fleet)}${String(number).padStart(DIGITS, '0')}.json`;
    const put = await store.putIfAbsent(key, body, { contentType: 'application/json' });
    // The same bytes may be another's order: only a creation is ours.
    if (put.kind === 'created') {
      for (const old of keys.slice(0, -KEPT)) await store.delete(old);
      return;
    }
  }
  throw new AppError(
    'service-not-available',
    'others give orders to this fleet all the time; try again',
    {
      retryable: true,
    },
  );
}
