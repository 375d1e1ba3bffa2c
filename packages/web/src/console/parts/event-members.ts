// The details of an audit event as rows: a member, what it was before where that was recorded, and what it is since.

export interface MemberRow {
  readonly name: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** The member that `before` in the details is about. */
const changedMembers: Readonly<Record<string, string>> = {
  'organizations.suspend': 'status',
  'organizations.resume': 'status',
  'organizations.lowerCut': 'tokensNotBefore',
  'clients.lowerCut': 'tokensNotBefore',
  'partners.register': 'name',
  'claimSets.update': 'grant',
  'claimSets.delete': 'grant',
  'keys.setUri': 'jwksUri',
  'signingKeys.compromise': 'state',
}

/** Told elsewhere on the page. */
const toldElsewhere: ReadonlySet<string> = new Set(['by', 'reason', 'before', 'summarized'])

export function membersOf({ kind, detail }: { readonly kind: string; readonly detail: Readonly<Record<string, unknown>> }): MemberRow[] {
  const changed = 'before' in detail ? changedMembers[kind] : undefined
  const names = Object.keys(detail).filter((name) => !toldElsewhere.has(name) || (name === 'before' && changed === undefined))
  if (changed !== undefined && !names.includes(changed)) names.push(changed)
  return names
    .map((name) => ({
      name,
      before: name === changed ? textOf(name, detail['before']) : name === 'removed' ? textOf(name, detail[name]) : undefined,
      after: name === 'removed' ? undefined : textOf(name, detail[name]),
    }))
    .filter(({ before, after }) => before !== undefined || after !== undefined)
}

const maxShown = 2000
const instants = /(?:At|Until|From|NotBefore)$/
/** In seconds, as in a token; all others are in milliseconds. */
const inSeconds: ReadonlySet<string> = new Set(['tokensNotBefore', 'issuedAt'])

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && instants.test(name)) return value === 0 ? 'none' : inUtc(inSeconds.has(name) ? value * 1000 : value)
  if (value === null) return 'none'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`
}

function inUtc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
