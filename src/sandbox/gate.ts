// Who may execute at the same time: any number share the gate, or one has it alone (the confirm-alone rule).
import { AsyncLocalStorage } from 'node:async_hooks';

type Kind = 'shared' | 'alone';

interface Turn {
  readonly kind: Kind;
  start(): void;
}

/** First come, first served, so that somebody who wants to be alone is not put off for ever. */
export class Gate {
  private readonly turns: Turn[] = [];
  private readonly inside = new AsyncLocalStorage<true>();
  private sharing = 0;
  private isTaken = false;

  /** Waits while somebody is alone; inside `alone` it does not wait. Rejects with the signal's reason. */
  async shared<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.inside.getStore() === true) return work();
    await this.enter('shared', signal);
    try {
      return await work();
    } finally {
      this.sharing -= 1;
      this.letIn();
    }
  }

  /** Waits until nobody executes and keeps others out until `work` has settled. */
  async alone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.enter('alone', signal);
    try {
      return await this.inside.run(true, work);
    } finally {
      this.isTaken = false;
      this.letIn();
    }
  }

  private async enter(kind: Kind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.turns.length === 0 && this.isOpen(kind)) {
      this.claim(kind);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const turn: Turn = {
        kind,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.turns.splice(this.turns.indexOf(turn), 1);
        this.letIn();
        reject(signal.reason as Error);
      };
      this.turns.push(turn);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  private isOpen(kind: Kind): boolean {
    return !this.isTaken && (kind === 'shared' || this.sharing === 0);
  }

  private claim(kind: Kind): void {
    if (kind === 'shared') this.sharing += 1;
    else this.isTaken = true;
  }

  private letIn(): void {
    for (let turn = this.turns[0]; turn !== undefined; turn = this.turns[0]) {
      if (!this.isOpen(turn.kind)) return;
      this.turns.shift();
      // Claimed here, before the other side runs, so that nobody slips in between.
      this.claim(turn.kind);
      turn.start();
    }
  }
}
