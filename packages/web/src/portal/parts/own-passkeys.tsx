// The passkeys of the person who has signed in: another one for another device, and removing one that is lost.
import type { VNode } from 'preact'
import { Card } from '../../shared/components/card.tsx'
import { openDialog } from '../../shared/components/open-dialog.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { later } from '../../shared/later.tsx'
import { canUsePasskeys } from '../../shared/passkey.ts'
import { useListed } from '../listed.tsx'
import type { OwnPasskey } from './passkey-dialogs.tsx'

const AddPasskey = later(() => import('./passkey-dialogs.tsx').then((module) => module.AddPasskey))
const RemovePasskey = later(() => import('./passkey-dialogs.tsx').then((module) => module.RemovePasskey))

export function OwnPasskeys(): VNode {
  const { items, instead, load } = useListed<OwnPasskey>('/passkeys')
  return (
    <Card
      title="Your passkeys"
      beside={
        canUsePasskeys() && (
          <button type="button" onClick={({ currentTarget }) => openDialog(() => <AddPasskey onDone={load} />, currentTarget)}>
            Add a passkey
          </button>
        )
      }
    >
      <p class="soft small">Add a second one on another device: then losing one does not lock you out.</p>
      {instead ?? <List passkeys={items} onDone={load} />}
    </Card>
  )
}

function List({ passkeys, onDone }: { readonly passkeys: readonly OwnPasskey[]; readonly onDone: () => void }): VNode {
  const isLast = passkeys.length === 1
  return (
    <Table of={{ items: passkeys }} keyOf={({ id }: OwnPasskey) => id} label="Your passkeys">
      <Column title="Name" main cell={({ name }: OwnPasskey) => <Name>{name}</Name>} />
      <Column title="Made" cell={({ createdAt }: OwnPasskey) => <Time at={createdAt} />} />
      <Column title="Last used" cell={({ lastUsedAt }: OwnPasskey) => <Time at={lastUsedAt} />} />
      <Column
        title="Change"
        cell={(passkey: OwnPasskey) =>
          isLast ? (
            <span class="soft small">Your only one: add another before you remove it.</span>
          ) : (
            <button
              type="button"
              onClick={({ currentTarget }) => openDialog(() => <RemovePasskey passkey={passkey} onDone={onDone} />, currentTarget)}
            >
              Remove
            </button>
          )
        }
      />
    </Table>
  )
}
