// One signing key: its life as a line, what guards have heard of it, and its steps.
import type { VNode } from 'preact'
import { Card } from '../../shared/components/card.tsx'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Copyable, cutInMiddle } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { describeAge, describeMoment } from '../../shared/describe-time.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { StateLine } from '../../shared/plots/state-line.tsx'
import { zone } from '../../shared/settings.ts'
import { lifeOf, stateWords, type SigningKey } from './key-life.ts'
import { describeNews, nameOfGuard, type Guard, type KeyNews } from './key-news.ts'
import { KeySteps } from './key-steps.tsx'

const tones: Readonly<Record<SigningKey['state'], Tone>> = {
  staged: 'go',
  active: 'ok',
  retiring: 'off',
  retired: 'off',
  compromised: 'bad',
}

interface KeyCardProps {
  readonly signing: SigningKey
  readonly keys: readonly SigningKey[]
  /** Undefined if the reader may not see the guards. */
  readonly news: KeyNews | undefined
}

export function KeyCard({ signing, keys, news }: KeyCardProps): VNode {
  const { keyId, algorithm, state, reserve, origin, certificates, realm } = signing
  const { states, current } = lifeOf(signing)
  const now = Date.now()
  return (
    <Card
      title={
        <span class="row">
          <Chip tone={tones[state]}>{reserve ? `${stateWords[state]}, signs next` : stateWords[state]}</Chip>
          <Copyable text={keyId} name="key id" />
          <code class="soft">{algorithm}</code>
        </span>
      }
      beside={<KeySteps signing={signing} keys={keys} news={news} />}
    >
      <div class="grid">
        <StateLine
          label={`Life of the key ${cutInMiddle(keyId)}`}
          current={current}
          states={states.map(({ name, at }) => ({ name, at: at === null ? undefined : describeMoment(at, now, zone.value) }))}
        />
        <p>
          <Sentence signing={signing} now={now} />
          {origin === 'imported' && ' It was imported.'}
        </p>
        {certificates.length > 0 && (
          <p class="soft small">
            Published with the certificate of <Name>{certificates[0]!.subject}</Name>, which ends <Time at={certificates[0]!.expiresAt} />.
          </p>
        )}
        {news && state === 'staged' && <News news={news} realm={realm} />}
      </div>
    </Card>
  )
}

function Sentence({ signing, now }: { readonly signing: SigningKey; readonly now: number }): VNode {
  const { state, activatedAt, createdAt, maySignFrom, keptUntil, reserve } = signing
  if (state === 'active')
    return <>It has signed every token of its algorithm for {describeAge(now - Date.parse(activatedAt ?? createdAt))}.</>
  if (state === 'retiring')
    return (
      <>
        It signs nothing any more. Its last token ends <Time at={keptUntil} none="soon" />; then the server takes it out of the key set.
      </>
    )
  const isEarly = maySignFrom !== null && Date.parse(maySignFrom) > now
  return (
    <>
      Verifiers can fetch it, and it signs nothing yet. It may sign {isEarly ? 'from ' : 'now'}
      {isEarly && <Time at={maySignFrom} />}.{reserve && ' The server takes it next, also if the key that signs is compromised.'}
    </>
  )
}

const maxNamed = 10

function News({ news, realm }: { readonly news: KeyNews; readonly realm: string }): VNode {
  const { notYet, away } = news
  return (
    <div>
      <p>
        <b>{describeNews(news)}</b> <Link to={pathTo(realm, 'guards')}>Guards</Link>
      </p>
      {notYet.length > 0 && <Guards title="Not yet, and they fetch the key set when they meet the key" guards={notYet} />}
      {away.length > 0 && <Guards title="Away: stopped, or without a way to this server" guards={away} />}
    </div>
  )
}

function Guards({ title, guards }: { readonly title: string; readonly guards: readonly Guard[] }): VNode {
  return (
    <details>
      <summary>
        {title}: {guards.length}
      </summary>
      <ul class="affected small">
        {guards.slice(0, maxNamed).map((guard) => (
          <li key={`${guard.reporter} ${guard.guard}`}>
            <Name>{nameOfGuard(guard)}</Name>, last report <Time at={guard.seenAt} />
          </li>
        ))}
        {guards.length > maxNamed && <li>and {guards.length - maxNamed} more</li>}
      </ul>
    </details>
  )
}
