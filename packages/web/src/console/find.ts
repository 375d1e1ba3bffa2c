// Finds organizations, clients and partners of a realm by id or text.
import type { OperationOutput } from '@countersign/admin'
import { call } from '../shared/call.ts'
import { pathTo } from '../shared/links.tsx'

export type Found = OperationOutput<'find'>['items'][number]

/** @throws CallError */
export async function findInRealm(realm: string, q: string, signal: AbortSignal): Promise<readonly Found[]> {
  const { items } = await call('find', { params: { realm }, query: { q: q.slice(0, 200) } }, { signal })
  return items
}

export function pathOfFound(realm: string, { kind, id }: Pick<Found, 'kind' | 'id'>): string {
  if (kind === 'organization') return pathTo(realm, 'organizations', id)
  if (kind === 'client') return pathTo(realm, 'clients', id)
  return pathTo(realm, 'partners', id)
}
