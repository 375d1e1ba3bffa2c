// The tables of operations have more than a page needs: the portal calls only what has a row for it, and the console has nothing of the portal.
// Each operation is a line of table.ts and of forms.ts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'rolldown'

const admin = join(import.meta.dirname, '..', '..', 'packages', 'admin', 'src')
const row = /^ {2}'([\w.]+)': \{/

export function rowsOf(page: 'console' | 'portal'): Plugin {
  const table = readFileSync(join(admin, 'table.ts'), 'utf8')
  const names = new Set(table.split('\n').flatMap((line) => (line.includes(' portal: {') ? (row.exec(line)?.[1] ?? []) : [])))
  const isThere = (line: string) => {
    const name = row.exec(line)?.[1]
    return name === undefined || page === 'console' || names.has(name)
  }
  const surplus = { console: /, portal: \{[^}]*\}/g, portal: / scope: "[^"]*",|, hides: \[[^\]]*\]/g } as const
  const lineOf = (line: string) => line.replace(surplus[page], '')
  return {
    name: 'rows-of-page',
    transform(code, id) {
      if (id !== join(admin, 'table.ts') && id !== join(admin, 'forms.ts')) return undefined
      return code.split('\n').filter(isThere).map(lineOf).join('\n')
    },
  }
}
