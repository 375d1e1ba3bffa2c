import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The location of a SQLite store that does not exist yet, in a folder of its own, removed after the test. */
export function aFileOfSqlite(t: { after(clean: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return `sqlite:${join(folder, 'store.db')}`
}
