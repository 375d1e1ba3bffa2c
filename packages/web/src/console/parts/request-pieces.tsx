import type { VNode } from 'preact'
import { Name } from '../../shared/components/name.tsx'
import { PartnerName, usePartnerName } from '../../shared/components/partner-name.tsx'
import type { Piece } from './request-words.ts'

export function Pieces({ realm, of }: { readonly realm: string; readonly of: readonly Piece[] }): VNode {
  return (
    <>
      {of.map((piece, index) => {
        if (typeof piece === 'string') return piece
        if ('partner' in piece) return <AskedPartner key={index} realm={realm} partner={piece.partner} />
        if ('typed' in piece) return <Name key={index}>{piece.typed}</Name>
        return (
          <code key={index}>
            <Name>{piece.code}</Name>
          </code>
        )
      })}
    </>
  )
}

/** It may be one that the realm does not have yet. */
function AskedPartner({ realm, partner }: { readonly realm: string; readonly partner: string }): VNode {
  const isNew = usePartnerName(realm, partner) === null
  return (
    <>
      <PartnerName realm={realm} partner={partner} />
      {isNew && <span class="soft"> (not registered yet)</span>}
    </>
  )
}
