// Python literals of numbers and tuples, exactly as CPython writes them.

const FIXED_EXPONENT_MIN = -4;
const FIXED_EXPONENT_MAX = 16;

/** `repr` of a float; what has no literal is a call that gives it. Both languages print the shortest digits. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "float('nan')";
  if (value === Infinity) return "float('inf')";
  if (value === -Infinity) return "-float('inf')";
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(exponentText);
  const sign = value < 0 ? '-' : '';
  if (exponent < FIXED_EXPONENT_MIN || exponent >= FIXED_EXPONENT_MAX) {
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** The literal of a tuple of these literals. */
export function tupleText(items: readonly string[]): string {
  return items.length === 1 ? `(${String(items[0])},)` : `(${items.join(', ')})`;
}
