// Gathers decoded events: output joined to the event before it, the JSON text of the row, and its counts.
import type { DecodedTrace, TraceEvent } from '../contract/trace.ts';
import { outputText } from './output-text.ts';

type Gathered = Pick<
  DecodedTrace,
  | 'eventsJson'
  | 'nEvents'
  | 'nLines'
  | 'nCalls'
  | 'depthMax'
  | 'nOpaque'
  | 'opaqueCallees'
  | 'path'
  | 'stdout'
  | 'stderr'
  | 'textCut'
>;
type StreamName = 'stdout' | 'stderr';

/** Puts the keys that come last behind the others. */
function withOutput(event: TraceEvent, output: Record<StreamName, Uint8Array[]>): TraceEvent {
  if (output.stdout.length + output.stderr.length === 0) return event;
  const { thread, ...rest } = event;
  const stdout = outputText(Buffer.concat(output.stdout));
  const stderr = outputText(Buffer.concat(output.stderr));
  return {
    ...rest,
    ...(stdout === '' ? {} : { stdout }),
    ...(stderr === '' ? {} : { stderr }),
    ...(thread === undefined ? {} : { thread }),
  };
}

export class TraceText {
  readonly #charsMax: number;
  readonly #texts: string[] = [];
  readonly #all: Record<StreamName, Uint8Array[]> = { stdout: [], stderr: [] };
  readonly #callees = new Set<string>();
  readonly #path: string[] = [];
  #pending: TraceEvent | null = null;
  #output: Record<StreamName, Uint8Array[]> = { stdout: [], stderr: [] };
  #chars = 2;
  #textCut = false;
  readonly #counts = { nLines: 0, nCalls: 0, depthMax: 0, nOpaque: 0 };

  constructor(charsMax: number) {
    this.#charsMax = charsMax;
  }

  /** Whether the text is full; what follows is not wanted any more. */
  get isCut(): boolean {
    return this.#textCut;
  }

  event(event: TraceEvent): void {
    this.#flush();
    if (!this.#textCut) this.#pending = event;
  }

  output(name: StreamName, bytes: Uint8Array): void {
    this.#all[name].push(bytes);
    if (this.#pending !== null) this.#output[name].push(bytes);
  }

  #flush(): void {
    if (this.#pending === null) return;
    const event = withOutput(this.#pending, this.#output);
    this.#pending = null;
    this.#output = { stdout: [], stderr: [] };
    const text = JSON.stringify(event);
    if (this.#chars + text.length + 1 > this.#charsMax) {
      this.#textCut = true;
      return;
    }
    this.#chars += text.length + 1;
    this.#texts.push(text);
    this.#count(event);
  }

  #count(event: TraceEvent): void {
    this.#path.push(`${event.kind} ${String(event.frame)} ${String(event.line)}`);
    this.#counts.nLines += event.kind === 'line' ? 1 : 0;
    this.#counts.nCalls += event.kind === 'call' ? 1 : 0;
    this.#counts.depthMax = Math.max(this.#counts.depthMax, event.depth);
    this.#counts.nOpaque += event.opaque === undefined ? 0 : 1;
    for (const callee of event.opaque ?? []) this.#callees.add(callee);
  }

  finish(): Gathered {
    this.#flush();
    return {
      eventsJson: `[${this.#texts.join(',')}]`,
      nEvents: this.#texts.length,
      ...this.#counts,
      opaqueCallees: [...this.#callees].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
      path: this.#path.join('\n'),
      stdout: Buffer.concat(this.#all.stdout),
      stderr: Buffer.concat(this.#all.stderr),
      textCut: this.#textCut,
    };
  }
}
