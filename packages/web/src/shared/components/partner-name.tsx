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
  if (name === undefined) return <code title={partner}>{cutInMiddle(partner)}</code>
  return (
    <span title={partner}>
      <Name>{name}</Name>
    </span>
  )
}

function usePartnerName(realm: string, partner: string): string | undefined {
  const input = { params: { realm, partner } }
  const [name, setName] = useState<string>()
  useEffect(() => {
    let isShown = true
    if (may('organizations:read'))
      queries
        .fetchQuery({
          queryKey: ['partners.get', input],
          queryFn: () => call('partners.get', input),
          staleTime: staysFreshMs,
          retry: false,
        })
        .then(({ name: found }) => isShown && setName(found))
        .catch(() => {}) // Deleted, or not to be seen: its id is shown.
    return () => {
      isShown = false
    }
  }, [realm, partner])
  return name
}
