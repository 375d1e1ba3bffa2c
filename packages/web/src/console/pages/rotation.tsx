import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { cutInMiddle } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Tabs } from '../../shared/components/tabs.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { LastDayOfSecret } from '../parts/last-day-of-secrets.tsx'
import { secondsLonger, standingOf, type BoardStanding } from './rotation-board.ts'

type Rotation = OperationOutput<'rotation.list'>['items'][number]
type Due = OperationOutput<'secrets.due'>['items'][number]

/** Rows with plots: each is a read of its own. */
const rowsWithPlots = 20

const chips = {
  'can-end': ['ok', 'can be ended'],
  'cuts-off': ['bad', 'will cut off callers'],
  waiting: ['go', 'waiting'],
} as const satisfies Record<BoardStanding, readonly [string, string]>

export const page = definePage({
  path: '/:realm/rotation',
  title: 'Rotation',
  needs: 'clients:read',
  query: { show: '', after: '' },
  data: ({ realm, show, after }) => ({
    rotations: read(
      'rotation.list',
      { params: { realm }, query: { limit: 200, sort: 'windowEndsAt', ...(after && show !== 'due' && { after }) } },
      { every: 3000 },
    ),
    due: read('secrets.due', { params: { realm }, query: { limit: 200, ...(after && show === 'due' && { after }) } }, { every: 60_000 }),
  }),
  view: ({ rotations, due, realm, show }) => {
    const now = Date.now()
    const all = rotations.items.map((rotation) => ({ ...rotation, standing: standingOf(rotation, now) }))
    const withStanding = (standing: BoardStanding) => all.filter((one) => one.standing === standing)
    // Those that are being replaced already are on the board.
    const dueItems = due.items.filter(({ reason }) => reason === 'age' || reason === 'expires')
    const countOf = (items: readonly unknown[], next: string | null) => (next === null ? items.length : `${items.length}+`)
    const shown = show in chips ? withStanding(show as BoardStanding) : all
    return (
      <Page title="Rotation">
        <Tabs
          name="show"
          label="Which rotations"
          tabs={[
            { value: '', name: 'All', count: countOf(all, rotations.next) },
            { value: 'can-end', name: 'Can be ended', count: withStanding('can-end').length },
            { value: 'cuts-off', name: 'Will cut off callers', count: withStanding('cuts-off').length },
            { value: 'waiting', name: 'Waiting', count: withStanding('waiting').length },
            { value: 'due', name: 'Due', count: countOf(dueItems, due.next) },
          ]}
        />
        {show === 'due' ? (
          <DueSecrets realm={realm} items={dueItems} next={due.next} />
        ) : (
          <Board realm={realm} items={shown} next={rotations.next} due={countOf(dueItems, due.next)} isAll={show === ''} />
        )}
      </Page>
    )
  },
})

type BoardRow = Rotation & { readonly standing: BoardStanding }

interface BoardProps {
  readonly realm: string
  readonly items: readonly BoardRow[]
  readonly next: string | null
  readonly due: number | string
  readonly isAll: boolean
}

function Board({ realm, items, next, due, isAll }: BoardProps) {
  const places = new Map(items.map(({ client }, index) => [client, index]))
  return (
    <Card>
      <Table
        of={{ items, next }}
        keyOf={({ client }: BoardRow) => client}
        label="Rotations"
        empty={
          <Empty title={isAll ? 'No secret is being replaced' : 'No rotation is in this state'}>
            {due === 0 ? (
              'No secret is due, either. The page of a client begins a replacement.'
            ) : (
              <Link to={`${pathTo(realm, 'rotation')}?show=due`}>{due === 1 ? '1 secret is' : `${due} secrets are`} due.</Link>
            )}
          </Empty>
        }
      >
        <Column
          title="Client"
          main
          cell={({ client, name }: BoardRow) => (
            <>
              <Link to={pathTo(realm, 'rotation', client)}>
                <Name>{name}</Name>
              </Link>
              <br />
              <code class="soft" title={client}>
                {cutInMiddle(client)}
              </code>
            </>
          )}
        />
        <Column
          title="Organization"
          cell={({ organization }: BoardRow) => (
            <Link to={pathTo(realm, 'organizations', organization.slug)}>
              <Name>{organization.name}</Name>
            </Link>
          )}
        />
        <Column
          title="New secret"
          cell={(row: BoardRow) => <Uses realm={realm} row={row} tone="new" isPlotted={places.get(row.client)! < rowsWithPlots} />}
        />
        <Column
          title="Old secret"
          cell={(row: BoardRow) => <Uses realm={realm} row={row} tone="old" isPlotted={places.get(row.client)! < rowsWithPlots} />}
        />
        <Column
          title="State"
          cell={({ standing, windowEndsAt }: BoardRow) => {
            const [tone, words] = chips[standing]
            return (
              <>
                <Chip tone={tone}>{words}</Chip>
                <br />
                <small class="soft">
                  ends <Time at={windowEndsAt} />
                </small>
              </>
            )
          }}
        />
        <Column
          title="Next"
          number
          cell={(rotation: BoardRow) =>
            rotation.standing === 'cuts-off' ? (
              <Act
                operation="rotation.extend"
                params={{ realm, client: rotation.client }}
                label="Give it longer"
                initial={{ window: secondsLonger(rotation, Date.now()) }}
                fields={['window', 'reason']}
              />
            ) : (
              <Link to={pathTo(realm, 'rotation', rotation.client)}>{rotation.standing === 'can-end' ? 'Review' : 'Look'}</Link>
            )
          }
        />
      </Table>
    </Card>
  )
}

interface UsesProps {
  readonly realm: string
  readonly row: BoardRow
  readonly tone: 'new' | 'old'
  readonly isPlotted: boolean
}

/** When a secret was last used, and how often in the last day. */
function Uses({ realm, row: { client, secrets }, tone, isPlotted }: UsesProps) {
  const secret = secrets[tone === 'new' ? 0 : 1]
  if (!secret) return null
  return (
    <>
      {secret.lastUsedAt === null ? (
        <span class="soft">never used</span>
      ) : (
        <>
          used <Time at={secret.lastUsedAt} />
        </>
      )}
      {isPlotted && <LastDayOfSecret realm={realm} client={client} secret={secret.id} tone={tone} />}
    </>
  )
}

function DueSecrets({ realm, items, next }: { readonly realm: string; readonly items: readonly Due[]; readonly next: string | null }) {
  return (
    <Card>
      <Table
        of={{ items, next }}
        keyOf={({ client }: Due) => client}
        label="Secrets that are due"
        empty={
          <Empty title="No secret is due">A secret is due when it is older than the realm wants it to be, or expires within 14 days.</Empty>
        }
      >
        <Column
          title="Client"
          main
          cell={({ client }: Due) => (
            <Link to={pathTo(realm, 'rotation', client)}>
              <code>{client}</code>
            </Link>
          )}
        />
        <Column
          title="Organization"
          cell={({ organization }: Due) => <Link to={pathTo(realm, 'organizations', organization)}>{organization}</Link>}
        />
        <Column title="Secret" cell={({ secret }: Due) => <code>…{secret.lastFour}</code>} />
        <Column title="Made" number cell={({ secret }: Due) => <Time at={secret.createdAt} />} />
        <Column title="Last used" number cell={({ secret }: Due) => <Time at={secret.lastUsedAt} />} />
        <Column
          title="Why"
          cell={({ reason, dueAt }: Due) => (
            <>
              {reason === 'expires' ? 'expires ' : 'old since '}
              <Time at={dueAt} />
            </>
          )}
        />
        <Column
          title="Next"
          number
          cell={({ client }: Due) => <Act operation="rotation.start" params={{ realm, client }} label="Replace the secret" />}
        />
      </Table>
    </Card>
  )
}
