// The key under which private keys are encrypted in the store: its versions, and the steps after a new one.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card } from '../../shared/components/card.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { countOf, number } from '../../shared/count.ts'
import { read, useReads } from '../../shared/reads.ts'

type KeyEncryptionKey = OperationOutput<'keyEncryptionKey.get'>
type Version = KeyEncryptionKey['versions'][number]

const words: Readonly<Record<Version['state'], string>> = {
  current: 'in use',
  old: 'still needed',
  waiting: 'waits for every node',
  retired: 'ended',
}

export function KeyEncryption(): VNode {
  const { answers, error, refresh } = useReads({ found: read('keyEncryptionKey.get', { params: {} }, { every: 60_000 }) })
  return (
    <Card title="What encrypts the private keys" beside={answers && <Rewrap found={answers.found} />}>
      {answers ? <Versions found={answers.found} /> : error ? <Failure error={error} retry={refresh} /> : <Skeleton lines={2} />}
    </Card>
  )
}

function Rewrap({ found: { current, versions } }: { readonly found: KeyEncryptionKey }): VNode {
  const old = versions.filter(({ version }) => version !== current).reduce((sum, { keys }) => sum + keys, 0)
  return (
    <Act
      operation="keyEncryptionKey.rewrap"
      params={{}}
      label="Re-encrypt all keys"
      fields={['reason']}
      isTold
      unavailable={old === 0 ? `All private keys are encrypted under version ${current}.` : undefined}
      consequence={
        <p>
          {countOf(old, 'private key is', 'private keys are')} encrypted under version {current} instead of an older one. The keys
          themselves stay the same, and all servers go on.
        </p>
      }
      done={({ rewrapped, unreadable }) =>
        unreadable.length === 0
          ? `${countOf(rewrapped, 'key')} re-encrypted.`
          : `${countOf(rewrapped, 'key')} re-encrypted. ${countOf(unreadable.length, 'key')} could not be decrypted and stayed as they were.`
      }
    />
  )
}

function Versions({ found: { versions } }: { readonly found: KeyEncryptionKey }): VNode {
  return (
    <>
      <p class="soft text">
        The key-encryption key is outside the store, in a file of each server or a program. Version and number of keys are shown, not the
        key.
      </p>
      <Table of={{ items: versions }} keyOf={({ version }: Version) => String(version)} label="Versions of the key-encryption key">
        <Column title="Version" main cell={({ version }: Version) => `Version ${version}`} />
        <Column title="State" cell={({ state }: Version) => words[state]} />
        <Column title="Private keys under it" number cell={({ keys }: Version) => number(keys)} />
        <Column title="Missing on" cell={({ missingOn }: Version) => (missingOn.length === 0 ? '–' : missingOn.join(', '))} />
        <Column
          title="Change"
          number
          cell={({ version, state, keys }: Version) =>
            state === 'old' && (
              <Act
                operation="keyEncryptionKey.retire"
                params={{ version }}
                label="End this version"
                fields={['reason']}
                isTold
                unavailable={keys > 0 ? 'Private keys are encrypted under it: re-encrypt all keys first.' : undefined}
                consequence={<p>No server needs it any more; backups from before do. Remove it from the key rings afterwards.</p>}
              />
            )
          }
        />
      </Table>
    </>
  )
}
