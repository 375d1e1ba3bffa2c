import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { now } from '../../shared/clock.ts'
import { Callout, Card } from '../../shared/components/card.tsx'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Countdown } from '../../shared/components/countdown.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { describeMoment } from '../../shared/describe-time.ts'
import { later } from '../../shared/later.tsx'
import { pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { Lanes } from '../../shared/plots/lanes.tsx'
import { read } from '../../shared/reads.ts'
import { zone } from '../../shared/settings.ts'
import { useNow } from '../../shared/use-now.ts'
import { RotationPlaces } from '../../shared/rotation-places.tsx'
import { RotationSecrets } from '../parts/rotation-secrets.tsx'
import { hoursAgo, pointsOf } from '../../shared/series-points.ts'
import { CutOffs, RotationActions } from '../parts/rotation-actions.tsx'
import { secondsLonger } from './rotation-board.ts'
import { cutOffBy, findPlaces, judge, stateWords, type Verdict } from '../../shared/rotation-verdict.ts'

const RotationCommand = later(() => import('../parts/rotation-command.tsx').then((module) => module.RotationCommand))

type Client = OperationOutput<'clients.get'>
type Rotation = OperationOutput<'rotation.get'>

export const page = definePage({
  path: '/:realm/rotation/:client',
  title: 'Rotation',
  needs: 'clients:read',
  data: ({ realm, client }) => ({
    of: read('clients.get', { params: { realm, client } }),
    rotation: read('rotation.get', { params: { realm, client } }, { every: 3000 }),
    uses: read('credentials.uses', { params: { realm }, query: { client, limit: 200 } }, { every: 3000 }),
    usage: read(
      'usage.series',
      { params: { realm }, query: { client, by: 'credential', what: 'token', step: 'hour', from: hoursAgo(8 * 24, now()) } },
      { every: 10_000 },
    ),
  }),
  view: (facts) => <Content {...facts} />,
})

interface ContentProps {
  readonly realm: string
  readonly client: string
  readonly of: Client
  readonly rotation: Rotation
  readonly uses: OperationOutput<'credentials.uses'>
  readonly usage: OperationOutput<'usage.series'>
}

const tones = { stable: 'off', issued: 'go', overlapping: 'go' } as const satisfies Record<Rotation['state'], Tone>

function Content({ realm, client, of, rotation, uses, usage }: ContentProps) {
  const now = useNow()
  const [hasCommand, setCommand] = useState(false)
  const places = findPlaces(rotation, uses.items, now)
  const verdict = judge(rotation, places, now)
  return (
    <Page
      title={<Name>{of.name}</Name>}
      name={`Rotation of ${of.name}`}
      beside={<Chip tone={tones[rotation.state]}>{stateWords[rotation.state]}</Chip>}
      trail={[
        { to: pathTo(realm, 'rotation'), name: 'Rotation' },
        { to: pathTo(realm, 'clients', client), name: client },
      ]}
      actions={<RotationActions client={of} rotation={rotation} places={places} verdict={verdict} now={now} />}
    >
      {rotation.startedAt !== null && (
        <p class="soft">
          The new secret was made <Time at={rotation.startedAt} /> by{' '}
          {rotation.startedBy === 'client' ? 'the client itself' : 'an operator'}.
        </p>
      )}
      <Judgement verdict={verdict} rotation={rotation} now={now} />
      {rotation.state !== 'stable' && <Course rotation={rotation} usage={usage} now={now} verdict={verdict} />}
      <div class="grid cols">
        {rotation.state === 'stable' ? (
          <RotationSecrets realm={realm} client={client} rotation={rotation} />
        ) : (
          <>
            <RotationPlaces places={places} now={now} />
            <RotationSecrets realm={realm} client={client} rotation={rotation} />
          </>
        )}
      </div>
      <details class="small" onToggle={({ currentTarget: { open } }) => open && setCommand(true)}>
        <summary>The same as a command</summary>
        {hasCommand && <RotationCommand realm={realm} client={client} verdict={verdict} longer={secondsLonger(rotation, now)} />}
      </details>
      {(verdict.kind === 'in-use' || verdict.kind === 'unproven' || verdict.kind === 'cuts-off') && (
        <Card title="End the old secret all the same">
          <div class="grid">
            <CutOffs places={cutOffBy(places)} now={now} />
            <div class="row">
              <Act
                operation="rotation.confirm"
                params={{ realm, client }}
                label="End it all the same"
                title="End the old secret although it is needed?"
                fixed={{ force: true }}
                fields={['reason']}
                tone="danger"
                consequence={<CutOffs places={cutOffBy(places)} now={now} />}
              />
            </div>
          </div>
        </Card>
      )}
    </Page>
  )
}

interface JudgementProps {
  readonly verdict: Verdict
  readonly rotation: Rotation
  readonly now: number
}

/** Only the title is a live region: the times below it move all the time. */
function Judgement({ verdict: { tone, title, sentences, kind }, rotation: { endAdvisedAt }, now }: JudgementProps) {
  const isWaiting = endAdvisedAt !== null && Date.parse(endAdvisedAt) > now
  return (
    <Callout tone={tone}>
      <p>
        <b role="status">{title}</b> {sentences.join(' ')}
        {kind === 'can-end' && <span class="soft"> Tokens that were issued stay good until they expire.</span>}
      </p>
      {isWaiting && (
        <p>
          It can be ended in <Countdown until={endAdvisedAt} /> ({describeMoment(endAdvisedAt, now, zone.value)}), if it is not used again.
        </p>
      )}
    </Callout>
  )
}

/** Both secrets over time; drawn again each minute, not each second. */
function Course({ rotation, usage, now, verdict }: JudgementProps & { readonly usage: ContentProps['usage'] }) {
  const [fresh, old] = rotation.secrets
  if (!fresh || !old || rotation.startedAt === null || rotation.windowEndsAt === null) return null
  const laneOf = ({ id, lastFour }: typeof fresh) => ({ lastFour, points: pointsOf(usage, (key) => key === id) })
  const { endAdvisedAt, oldSecretLastUsedAt, startedAt, windowEndsAt } = rotation
  return (
    <Card title="Token requests by secret">
      <Lanes
        fresh={laneOf(fresh)}
        old={laneOf(old)}
        from={usage.from}
        now={new Date(now - (now % 60_000)).toISOString()}
        startedAt={startedAt}
        windowEndsAt={windowEndsAt}
        oldLastUsedAt={oldSecretLastUsedAt}
        earliestEndAt={endAdvisedAt !== null && Date.parse(endAdvisedAt) > now ? endAdvisedAt : null}
        label={`Token requests by secret, by hour. ${verdict.title} ${verdict.sentences.join(' ')}`}
      />
    </Card>
  )
}
