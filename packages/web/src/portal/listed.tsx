// A list that is no operation of the table, such as one's own passkeys: it is read when the page opens, and again after a change.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { apiPath, send } from '../shared/call.ts'
import { CallError, unreachable } from '../shared/call-error.ts'
import { Failure } from '../shared/components/failure.tsx'
import { Skeleton } from '../shared/components/skeleton.tsx'

export interface Listed<Item> {
  readonly items: readonly Item[]
  /** In place of the list, while there is none. */
  readonly instead: VNode | undefined
  readonly load: () => void
}

/** @param path behind `/portal/api` */
export function useListed<Item>(path: string): Listed<Item> {
  const [items, setItems] = useState<readonly Item[]>()
  const [error, setError] = useState<CallError>()
  const load = () =>
    void send(apiPath(path), { method: 'GET' }).then(
      (found) => {
        setItems((found as { readonly items: readonly Item[] }).items)
        setError(undefined)
      },
      (thrown: unknown) => setError(thrown instanceof CallError ? thrown : unreachable()),
    )
  useEffect(load, [path])
  const instead = error ? <Failure error={error} retry={load} /> : items ? undefined : <Skeleton lines={2} />
  return { items: items ?? [], instead, load }
}
