// Numbers as options give them.
import { InvalidArgumentError } from 'commander';

export function wholeNumber(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      `${name} takes a whole number from ${String(min)} to ${String(max)}`,
    );
  };
}
