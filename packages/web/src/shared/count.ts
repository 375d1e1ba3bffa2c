// Numbers as people read them.

/** "4,812" */
export function number(value: number): string {
  return value.toLocaleString('en')
}

/** "1 client", "4,812 clients" */
export function countOf(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`
}
