// The table of the long form: what each case did in each form, and what it left.
import { textOfEnd } from './cases.ts';
import type { HostileCase } from './cases.ts';

export type Form = 'alone' | 'after' | 'shuffled';
const FORMS: readonly Form[] = ['alone', 'after', 'shuffled'];

interface Row {
  readonly hostile: HostileCase;
  /** Texts of the ends, with what was wrong in them. */
  readonly ends: Readonly<Record<Form, Set<string>>>;
  readonly left: Set<string>;
}

function lined(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows
    .map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

export class HostileTable {
  private readonly rows: ReadonlyMap<string, Row>;
  private readonly seed: number;
  private readonly startedMs = Date.now();

  constructor(cases: readonly HostileCase[], seed: number) {
    this.seed = seed;
    this.rows = new Map(
      cases.map((hostile) => [
        hostile.name,
        {
          hostile,
          ends: { alone: new Set(), after: new Set(), shuffled: new Set() },
          left: new Set(),
        },
      ]),
    );
  }

  end(name: string, form: Form, end: string): void {
    this.rows.get(name)?.ends[form].add(end);
  }

  left(name: string, things: readonly string[]): void {
    for (const thing of things) this.rows.get(name)?.left.add(thing);
  }

  /** One line for each case, then totals. A form that did not come to its end shows a dash. */
  text(): string {
    const rows = [...this.rows.values()];
    const expected = ({ hostile }: Row): string[] => hostile.expect.map(textOfEnd);
    // An end as expected is written once.
    const shown = (row: Row, form: Form): string => {
      const found = [...row.ends[form]];
      if (found.length === 0) return '-';
      const one = expected(row).length === 1 && found[0] === expected(row)[0];
      return found.length === 1 && one ? 'ok' : found.join(', ');
    };
    const cells = rows.map((row) => [
      row.hostile.name,
      expected(row).join(', '),
      ...FORMS.map((form) => shown(row, form)),
      [...row.left].join('; ') || 'nothing',
    ]);
    const total = (form: Form): number =>
      rows.filter((row) => {
        const found = [...row.ends[form]];
        return found.length > 0 && found.every((end) => expected(row).includes(end));
      }).length;
    const seconds = ((Date.now() - this.startedMs) / 1000).toFixed(0);
    return [
      lined([['case', 'expect', ...FORMS, 'left behind'], ...cells]),
      '',
      ...FORMS.map(
        (form) => `${form}: ${String(total(form))} of ${String(rows.length)} as expected`,
      ),
      `left something behind: ${String(rows.filter(({ left }) => left.size > 0).length)}`,
      `seed ${String(this.seed)}, ${seconds} s`,
      '',
    ].join('\n');
  }
}
