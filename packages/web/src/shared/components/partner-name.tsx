// The name of a partner that a page knows only by its id. Read once: a name seldom changes, and a list may have many.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../call.ts'
import { queries } from '../reads.ts'
import { may } from '../session.ts'
import { cutInMiddle } from './copyable.tsx'
import { Name } from './name.tsx'

const staysFreshMs = 5 * 60_000

export function PartnerName({ realm, partner }: { readonly realm: string; readonly partner: string }): VNode {
  const name = usePartnerName(realm, partner)
  if (!name) return <code title={partner}>{cutInMiddle(partner)}</code>
  return (
    <span title={partner}>
      <Name>{name}</Name>
    </span>
  )
}

/** Null if the realm has no such partner; undefined until that is known, and where it is not to be seen. */
export function usePartnerName(realm: string, partner: string | undefined): string | null | undefined {
  const [name, setName] = useState<string | null>()
  useEffect(() => {
    let isShown = true
    if (partner !== undefined && may('organizations:read'))
      findPartner(realm, partner)
        .then((found) => isShown && setName(found))
        .catch(() => {}) // Its id is shown.
    return () => {
      isShown = false
    }
  }, [realm, partner])
  return name
}

/** By a search: asking for one that was deleted, or that never was, is an error. */
async function findPartner(realm: string, partner: string): Promise<string | null> {
  const input = { params: { realm }, query: { q: partner } }
  const { items } = await queries.fetchQuery({
    queryKey: ['find', input],
    queryFn: () => call('find', input),
    staleTime: staysFreshMs,
    retry: false,
  })
  return items.find(({ kind, id }) => kind === 'partner' && id === partner)?.name ?? null
}
