// countersign find: organizations, clients and partners of a realm by id or name.
import type { Command } from 'commander'
import { addOperation, type RealmOptions } from './operator-command.ts'
import { formatTable } from './output.ts'

export function addFind(program: Command): void {
  addOperation(program, {
    usage: 'find <text>',
    operation: 'find',
    description:
      'Find organizations, clients and partners of a realm by the beginning of an id, the subject of a token among them, or by a part of a name',
    example: 'find acme --realm nt24-idp',
    input: ({ realm }: RealmOptions, text) => ({ params: { realm }, query: { q: text } }),
    text: ({ items, more }) => {
      if (items.length === 0) return 'None.'
      const table = formatTable(
        ['KIND', 'ID', 'NAME', 'WHERE'],
        items.map(({ kind, id, name, where }) => [kind, id, name, where]),
      )
      return more ? `${table}\n\nThere are more: write more of the id or the name.` : table
    },
  })
}
