// A log for tests: keeps the lines.
import type { Log } from '../src/log.ts'

export function createTestLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  const say = (about: string | object, message?: string) => void lines.push(message ?? String(about))
  return { log: { error: say, warn: say, info: say }, lines }
}
