// Why a request was refused, in a few words, with the partner that it named.
import type { VNode } from 'preact'
import { cutInMiddle } from '../../shared/components/copyable.tsx'
import { titleOfRefusal } from '../../shared/refusal-words.ts'

export function RefusedBecause({ code, partnerId }: { readonly code: string; readonly partnerId: string | null }): VNode {
  return (
    <>
      {titleOfRefusal(code)}
      {partnerId !== null && (
        <>
          : <code title={partnerId}>{cutInMiddle(partnerId)}</code>
        </>
      )}
    </>
  )
}
