// The only writer to the terminal: answers to stdout; notes, progress and mistakes to stderr.

/** The part of a stream that is used here; process.stdout and process.stderr are such. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Node answers false where NO_COLOR is set. */
  hasColors?(): boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Paint = (style: Style, text: string) => string;

export interface Printer {
  /** One line or several, to stdout. */
  answer(text: string): void;
  /** One JSON document, to stdout. */
  json(value: unknown): void;
  /** A line to stderr; a live line that stands there is removed first. */
  note(text: string): void;
  /** Replaces the live line of a terminal; nothing in a pipe. */
  live(text: string): void;
  /** Styles for stdout and stderr; both return the text as it is where there are no colours. */
  readonly paint: Paint;
  readonly paintNote: Paint;
  /** True where stderr is a terminal, so that a live line shows. */
  readonly isLive: boolean;
  /** Columns of stdout. */
  readonly width: number;
}

/** Select Graphic Rendition of ECMA-48: what switches a style on and off. */
const GRAPHIC: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

const WIDTH_IN_A_PIPE = 100;
const WIDTH_MIN = 40;

/** A terminal that does not know its width says 0. */
function widthOf({ columns }: Sink): number {
  return columns === undefined || columns === 0 ? WIDTH_IN_A_PIPE : Math.max(WIDTH_MIN, columns);
}

function painter(sink: Sink): Paint {
  const coloured = sink.isTTY === true && sink.hasColors?.() === true;
  if (!coloured) return (_style, text) => text;
  return (style, text) => {
    if (text === '') return '';
    const [on, off] = GRAPHIC[style];
    return `\u001b[${String(on)}m${text}\u001b[${String(off)}m`;
  };
}

export function createPrinter(out: Sink, err: Sink): Printer {
  let hasLive = false;
  const clearLive = (): void => {
    if (hasLive) err.write('\r\u001b[2K');
    hasLive = false;
  };
  return {
    answer(text) {
      clearLive();
      out.write(`${text}\n`);
    },
    json(value) {
      clearLive();
      out.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    note(text) {
      clearLive();
      err.write(`${text}\n`);
    },
    live(text) {
      if (err.isTTY !== true) return;
      err.write(`\r\u001b[2K${text.slice(0, widthOf(err) - 1)}`);
      hasLive = true;
    },
    paint: painter(out),
    paintNote: painter(err),
    isLive: err.isTTY === true,
    width: widthOf(out),
  };
}
