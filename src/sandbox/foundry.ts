// Where sandboxes are made: containers of one worker, each probed and compared before it is used.
import { randomUUID } from 'node:crypto';
import type { EnvironmentId } from '../contract/ids.ts';
import { BACKSTOP_FACTOR, DEFAULT_LIMITS, REFERENCE_TIME_FACTOR } from '../contract/limits.ts';
import type { Limits } from '../contract/limits.ts';
import { AppError } from '../errors.ts';
import { canonicalJson, digestOf } from '../identity/digest.ts';
import { LABEL, OWNER, containerMemoryBytes, containerSpec } from './container-spec.ts';
import type { ContainerSpec, Variant } from './container-spec.ts';
import type { Engine } from './docker.ts';
import { requireSafe } from './hello.ts';
import type { Hello } from './hello.ts';
import type { Made } from './lane.ts';
import type { SandboxEnvironment } from './port.ts';
import { ANALYSIS_LIMITS, childLimits } from './request.ts';
import { Sandbox } from './sandbox.ts';

const HOUR_MS = 3_600_000;

export interface FoundryOptions {
  /** Stable over restarts of a worker, so that the next life removes what this one could not. */
  readonly workerId: string;
  /** True leaves addresses random: control runs only. */
  readonly aslr: boolean;
  /** Sizes the first containers; a request beyond it gets a larger one. Default: the default limits. */
  readonly limitsMax?: Limits;
  /** Processors of one sandbox; default 1. */
  readonly cpus?: number;
  /** Name of an OCI runtime; default the engine's. */
  readonly runtime?: string;
}

function environmentOf(hello: Hello): SandboxEnvironment {
  const facts = hello.environment;
  return {
    id: digestOf('environment', [canonicalJson(facts)]) as string as EnvironmentId,
    python: String(facts['python']),
    tracer: String(facts['tracer']),
    facts,
  };
}

/** What the confirm-alone rule and an analysis may ask for. */
function memoryBytesFor(limits: Limits): number {
  const memoryBytes = limits.memoryBytes * BACKSTOP_FACTOR;
  return Math.max(
    containerMemoryBytes(childLimits({ ...limits, memoryBytes }, 1)),
    containerMemoryBytes(ANALYSIS_LIMITS),
  );
}

/** Starts containers of one worker and refuses those that are not confined or not alike. */
export class Foundry {
  readonly bootId = randomUUID();
  environment: SandboxEnvironment | null = null;
  private readonly engine: Engine;
  private readonly options: FoundryOptions;
  private readonly seccomp: string;
  private readonly imageId: string;
  private readonly limitsMax: Limits;
  /** Grows with what is asked for, so that later containers fit at once. */
  private memoryBytes: number;

  constructor(
    options: FoundryOptions,
    made: { readonly engine: Engine; readonly seccomp: string; readonly imageId: string },
  ) {
    this.options = options;
    this.engine = made.engine;
    this.seccomp = made.seccomp;
    this.imageId = made.imageId;
    this.limitsMax = options.limitsMax ?? DEFAULT_LIMITS;
    this.memoryBytes = memoryBytesFor(this.limitsMax);
  }

  async start(variant: Variant, wantedBytes: number): Promise<Made> {
    this.memoryBytes = Math.max(this.memoryBytes, wantedBytes);
    const { memoryBytes, cpus } = this;
    const sandbox = await Sandbox.start(this.engine, this.specOf(variant));
    try {
      requireSafe(sandbox.hello, { variant, aslr: this.options.aslr, memoryBytes, cpus });
      this.requireAlike(environmentOf(sandbox.hello));
      return { sandbox, memoryBytes, bornAtMs: Date.now() };
    } catch (error) {
      await sandbox.kill();
      throw error;
    }
  }

  private get cpus(): number {
    return this.options.cpus ?? 1;
  }

  private requireAlike(found: SandboxEnvironment): void {
    this.environment ??= found;
    if (this.environment.id === found.id) return;
    throw new AppError(
      'environment-mismatch',
      `a sandbox has environment ${found.id.slice(0, 12)}, the others ${this.environment.id.slice(0, 12)}`,
    );
  }

  private specOf(variant: Variant): ContainerSpec {
    const { workerId, aslr, runtime } = this.options;
    const lifeMs = HOUR_MS + BACKSTOP_FACTOR * REFERENCE_TIME_FACTOR * this.limitsMax.wallMs;
    return containerSpec({
      image: this.imageId,
      variant,
      aslr,
      memoryBytes: this.memoryBytes,
      cpus: this.cpus,
      seccomp: this.seccomp,
      runtime: runtime ?? null,
      name: `tracemill-${variant}-${randomUUID().slice(0, 13)}`,
      labels: {
        [LABEL.owner]: OWNER,
        [LABEL.worker]: workerId,
        [LABEL.boot]: this.bootId,
        [LABEL.deadline]: String(Date.now() + lifeMs),
      },
    });
  }
}
