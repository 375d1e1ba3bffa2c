// From where the credentials of a client are used: addresses and programs, the last first.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { publicKeyKind } from '@countersign/protocol'
import { Empty } from './components/card.tsx'
import { Failure } from './components/failure.tsx'
import { Name } from './components/name.tsx'
import { Skeleton } from './components/skeleton.tsx'
import { Column, Table } from './components/table.tsx'
import { Time } from './components/time.tsx'
import { describeNumber } from './plots/numbers.ts'
import { read, useReads } from './reads.ts'

type Use = OperationOutput<'credentials.uses'>['items'][number]

export interface SecretUsesProps {
  readonly realm: string
  readonly client: string
  /** Only of this credential. */
  readonly credential?: string
  /** Rows, at most. */
  readonly limit?: number
}

/** A page that shows them from the beginning reads them as well, with what else it shows: nothing moves when they come. */
/** @param when false for those who may not see it */
export function readUses({ realm, client, credential, limit = usualLimit }: SecretUsesProps, when = true) {
  const query = { client, limit: credential === undefined ? limit : 200 }
  return read('credentials.uses', { params: { realm }, query }, { when })
}

const usualLimit = 20

export function SecretUses({ limit = usualLimit, ...of }: SecretUsesProps): VNode {
  const { credential } = of
  const { answers, error, refresh } = useReads({ uses: readUses({ ...of, limit }) })
  if (!answers) return error ? <Failure error={error} retry={refresh} /> : <Skeleton lines={3} />
  const all = answers.uses.items.filter(({ credential: { id } }) => credential === undefined || id === credential)
  const items = all.slice(0, limit)
  return (
    <>
      <Table
        of={{ items }}
        keyOf={({ credential: { id }, address, userAgent }: Use) => `${id} ${address} ${userAgent}`}
        label="From where it is used"
        empty={<Empty title="Not used yet">Addresses and programs are listed here seconds after the first token request.</Empty>}
      >
        <Column title="Address" main cell={({ address }: Use) => <Address>{address}</Address>} />
        <Column title="Program" cell={({ userAgent }: Use) => <Program>{userAgent}</Program>} />
        {credential === undefined && (
          <Column
            title="Credential"
            cell={({ credential: { kind, label, state } }: Use) => (
              <>
                <code>{kind === publicKeyKind ? (label ?? 'a public key') : `…${label}`}</code>
                {state !== 'current' && <span class="soft"> {state}</span>}
              </>
            )}
          />
        )}
        <Column title="Last used" number cell={({ lastAt }: Use) => <Time at={lastAt} />} />
        <Column title="Uses" number cell={({ count }: Use) => describeNumber(count)} />
      </Table>
      {(all.length > limit || answers.uses.next) && <p class="small soft">The {limit} that were used last are shown.</p>}
    </>
  )
}

/** Null for what is counted together. */
export function Address({ children }: { readonly children: string | null }): VNode {
  return children === null ? <span class="soft">other addresses</span> : <code>{children}</code>
}

export function Program({ children }: { readonly children: string | null }): VNode {
  return children === null ? <span class="soft">–</span> : <Name>{children}</Name>
}
