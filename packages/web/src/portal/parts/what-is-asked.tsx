// One request in a few words; the home page needs no more of it.
import type { VNode } from 'preact'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { read } from '../../shared/reads.ts'
import { own } from '../own.ts'
import { states, type AccessRequest } from '../requests.ts'

export function requestsOfOwn(after = '') {
  return read('accessRequests.ofOrganization', { params: own(), query: { limit: 50, ...(after && { after }) } })
}

export function WhatIsAsked({ request: { kind, what, client } }: { readonly request: AccessRequest }): VNode {
  const noun = kind[0]!.toUpperCase() + kind.slice(1)
  if (kind === 'client')
    return (
      <>
        {noun} “<Name>{what}</Name>”
      </>
    )
  return (
    <>
      {noun} <Copyable text={what} name={kind} />
      {kind === 'scope' && client !== null && (
        <span class="soft">
          {' '}
          for <Name>{client}</Name>
        </span>
      )}
    </>
  )
}

export function RequestChip({ state }: Pick<AccessRequest, 'state'>): VNode {
  const [tone, words] = states[state]
  return <Chip tone={tone}>{words}</Chip>
}
