// Commands that people copy from a message into a POSIX shell.

/** The text as one word: quoted, unless it means the same without quotes. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9._:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
