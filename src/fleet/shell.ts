// Text that a shell of another machine reads: only through here does a value become part of a script.

/** One word, whatever it holds. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Lines that write a file with these bytes under its name at once, never by half. The folder must be there. */
export function writeFileLines(path: string, mode: string, content: string): readonly string[] {
  const draft = shellWord(`${path}.part`);
  return [
    `(umask 077 && base64 -d >${draft}) <<'END'`,
    ...(Buffer.from(content, 'utf8')
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
    'END',
    `chmod ${mode} ${draft}`,
    `mv -f ${draft} ${shellWord(path)}`,
  ];
}
