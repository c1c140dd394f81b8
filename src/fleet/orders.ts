// What an operator asks of a fleet's loop while it runs: numbered orders in the store, read by whoever is in charge.
import { z } from 'zod';
import { AppError, isAppError } from '../errors.ts';
import { numberedKeys } from '../store/numbered-keys.ts';
import type { NumberedKey } from '../store/numbered-keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { KnownVm } from './state.ts';

const orderSchema = z.discriminatedUnion('kind', [
  /** So many machines whatever the work, until `count` is null. */
  z.object({
    v: z.literal(1),
    kind: z.literal('scale'),
    count: z.number().int().nonnegative().nullable(),
  }),
  /** A host that is started again has the same name, and is another machine; null is any of that name. */
  z.object({
    v: z.literal(1),
    kind: z.literal('drain'),
    vm: z.string(),
    launchedAtMs: z.number().nullable().default(null),
  }),
]);

export type FleetOrder = z.infer<typeof orderSchema>;
export type DrainOrder = Extract<FleetOrder, { kind: 'drain' }>;

type Machine = Pick<KnownVm, 'id' | 'launchedAtMs'>;

const DIGITS = 10;
/** Others may give orders at the same moment; each try reads the list anew. */
const TRIES = 20;
/** Orders that no longer say anything are removed beyond so many. */
const KEPT = 50;

const prefixOf = (fleet: string): string => `fleets/${fleet}/orders/`;

/** Null where it was removed since it was listed, as one that no longer says anything. */
async function readOrder(store: ObjectStore, key: string): Promise<FleetOrder | null> {
  try {
    return orderSchema.parse(JSON.parse(Buffer.from(await store.get(key)).toString('utf8')));
  } catch (error) {
    if (isAppError(error) && error.code === 'object-missing') return null;
    throw error;
  }
}

/** Oldest first. Throws AppError `store-*`. */
export async function readOrders(
  store: ObjectStore,
  fleet: string,
): Promise<readonly FleetOrder[]> {
  const orders: FleetOrder[] = [];
  for (const { key } of await numberedKeys(store, prefixOf(fleet))) {
    const order = await readOrder(store, key);
    if (order !== null) orders.push(order);
  }
  return orders;
}

/** The number of machines that an operator set; null where the policy decides. */
export function fixedCount(orders: readonly FleetOrder[]): number | null {
  const last = orders.findLast((order) => order.kind === 'scale');
  return last?.kind === 'scale' ? last.count : null;
}

export const drainOrders = (orders: readonly FleetOrder[]): readonly DrainOrder[] =>
  orders.filter((order) => order.kind === 'drain');

export const isMeant = ({ vm, launchedAtMs }: DrainOrder, machine: Machine): boolean =>
  vm === machine.id && (launchedAtMs === null || launchedAtMs === machine.launchedAtMs);

/** All but the newest number of machines, and drains of machines that are there. */
async function removeSpent(
  store: ObjectStore,
  keys: readonly NumberedKey[],
  vms: readonly Machine[],
): Promise<void> {
  let isScaled = false;
  for (const [back, { key }] of [...keys].reverse().entries()) {
    if (back < KEPT && isScaled) continue;
    const order = await readOrder(store, key);
    if (order === null) continue;
    const isOver =
      order.kind === 'scale' ? isScaled : !vms.some((machine) => isMeant(order, machine));
    isScaled ||= order.kind === 'scale';
    if (back >= KEPT && isOver) await store.delete(key);
  }
}

/** `vms`: machines that are known now. Throws AppError `service-not-available`, `store-*`. */
export async function giveOrder(
  store: ObjectStore,
  { fleet, vms }: { readonly fleet: string; readonly vms: readonly Machine[] },
  order: FleetOrder,
): Promise<void> {
  const body = Buffer.from(JSON.stringify(order));
  for (let tries = 0; tries < TRIES; tries += 1) {
    const keys = await numberedKeys(store, prefixOf(fleet));
    const number = (keys.at(-1)?.number ?? 0) + 1;
    const key = `${prefixOf(fleet)}${String(number).padStart(DIGITS, '0')}.json`;
    const put = await store.putIfAbsent(key, body, { contentType: 'application/json' });
    // The same bytes may be another's order: only a creation is ours.
    if (put.kind === 'created') {
      if (keys.length >= KEPT) await removeSpent(store, [...keys, { number, key }], vms);
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
