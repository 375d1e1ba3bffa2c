import type { VNode } from 'preact'
import { Card, Empty } from './components/card.tsx'
import { Chip } from './components/chip.tsx'
import { Column, Table } from './components/table.tsx'
import { Time } from './components/time.tsx'
import { describeStanding, type Place } from './rotation-verdict.ts'
import { Address, Program } from './secret-uses.tsx'

/** From where each secret of a rotation is used. */
export function RotationPlaces({ places, now }: { readonly places: readonly Place[]; readonly now: number }): VNode {
  return (
    <Card title="Where each secret is used from">
      <Table
        of={{ items: places }}
        keyOf={({ address }: Place) => address ?? ''}
        empty={<Empty title="Neither secret was used">Addresses are listed a second after the first token request.</Empty>}
      >
        <Column title="Address" main cell={({ address }: Place) => <Address>{address}</Address>} />
        <Column title="Program" cell={({ userAgent }: Place) => <Program>{userAgent}</Program>} />
        <Column title="Old, last used" number cell={({ oldLastAt }: Place) => <Time at={oldLastAt} none="–" />} />
        <Column title="New, last used" number cell={({ newLastAt }: Place) => <Time at={newLastAt} none="–" />} />
        <Column
          title="State"
          cell={(place: Place) => {
            const { tone, words } = describeStanding(place, now)
            return <Chip tone={tone}>{words}</Chip>
          }}
        />
      </Table>
    </Card>
  )
}
