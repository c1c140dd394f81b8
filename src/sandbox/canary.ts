// A known program that runs now and then in every sandbox: what it gives must stay the same.
import type { Variant } from './container-spec.ts';
import { COMMAND } from './request.ts';
import type { ChildRequest } from './request.ts';
import type { Sandbox } from './sandbox.ts';

const CANARY_SOURCE = `class Bird:
    def __init__(self, name):
        self.name = name


def sing(names):
    birds = [Bird(name) for name in names]
    print(*[bird.name for bird in birds], sep=",")
    return [hash(birds[0].name) % 7, id(birds[1]) % 4096, sorted({bird.name for bird in birds})]
`;

/** A known program whose result shows hashes and addresses: it must be the same in every sandbox of a variant. */
export class Canary {
  private readonly songs = new Map<Variant, string>();
  private readonly limits: ChildRequest['limits'];
  private readonly documentLimits: unknown;

  constructor(limits: ChildRequest['limits'], documentLimits: unknown) {
    this.limits = limits;
    this.documentLimits = documentLimits;
  }

  async sings(sandbox: Sandbox, variant: Variant, signal: AbortSignal): Promise<boolean> {
    const answer = await sandbox.run(
      {
        command: variant === 'trace' ? COMMAND.trace : COMMAND.confirm,
        limits: this.limits,
        seed: 'canary',
        stdin: '',
        document: {
          kind: 'source',
          source: CANARY_SOURCE,
          entry: 'sing',
          setup: '',
          call: "sing(['wren', 'rook', 'swift'])",
          granularity: 'line',
          scope: 'record',
          backend: 'core',
          limits: this.documentLimits,
        },
      },
      signal,
    );
    if (answer === null) return false;
    const song = [answer.stream, answer.out, answer.err]
      .map((part) => part.toString('base64'))
      .join(' ');
    const known = this.songs.get(variant);
    this.songs.set(variant, known ?? song);
    return known === undefined || known === song;
  }
}
