// The steps of one signing key, each with what it does to which tokens.
import type { VNode } from 'preact'
import { Act } from '../../shared/act/act.tsx'
import { cutInMiddle } from '../../shared/components/copyable.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { describeMoment } from '../../shared/describe-time.ts'
import { zone } from '../../shared/settings.ts'
import { successorOf, type SigningKey } from './key-life.ts'
import type { KeyNews } from './key-news.ts'

export interface KeyStepsProps {
  readonly signing: SigningKey
  /** All that are published. */
  readonly keys: readonly SigningKey[]
  readonly news: KeyNews | undefined
}

export function KeySteps({ signing, keys, news }: KeyStepsProps): VNode | null {
  const { state, realm, keyId, keptUntil } = signing
  if (state === 'retired' || state === 'compromised') return null
  return (
    <span class="row">
      {state === 'staged' && <Activate signing={signing} keys={keys} news={news} />}
      {state === 'retiring' && (
        <Act
          operation="signingKeys.retire"
          params={{ realm, key: keyId }}
          label="Take it out"
          title="Take the key out of the key set?"
          fields={['reason']}
          isTold
          unavailable={isLater(keptUntil) ? `Its last token ends ${moment(keptUntil)}. The server takes it out by itself then.` : undefined}
          consequence={<p>All its tokens have ended. Its private key is erased; the server does the same by itself.</p>}
          done="The key is not published any more."
        />
      )}
      <Compromise signing={signing} keys={keys} />
    </span>
  )
}

function Activate({ signing, keys, news }: KeyStepsProps): VNode {
  const { realm, keyId, algorithm, maySignFrom, maySignInEmergencyFrom } = signing
  const active = keys.find((key) => key.state === 'active' && key.algorithm === algorithm)
  const params = { realm, key: keyId }
  const replaced = active && (
    <p>
      <code>{cutInMiddle(active.keyId)}</code> stays published until its last token has ended: the tokens that it signed stay good.
    </p>
  )
  if (!isLater(maySignFrom))
    return (
      <Act
        operation="signingKeys.activate"
        params={params}
        label="Sign with it"
        title="Sign with this key from now on?"
        tone="primary"
        fixed={{ emergency: false }}
        fields={['reason']}
        consequence={
          <>
            <p>
              Every token of {realm} is signed with <code>{cutInMiddle(keyId)}</code> from now on.
            </p>
            {replaced}
            {news && news.notYet.length + news.away.length > 0 && (
              <p>
                {countOf(news.notYet.length + news.away.length, 'guard does', 'guards do')} not know it yet. A guard fetches the key set
                again when it meets the key, if it reaches this server.
              </p>
            )}
          </>
        }
        done="The key signs now."
      />
    )
  const isTooEarly = isLater(maySignInEmergencyFrom)
  return (
    <Act
      operation="signingKeys.activate"
      params={params}
      label="Sign with it early"
      title="Sign with this key before all verifiers know it?"
      tone="danger"
      fixed={{ emergency: true }}
      fields={['reason']}
      isTold
      unavailable={isTooEarly ? `Not every server publishes it before ${moment(maySignInEmergencyFrom)}.` : undefined}
      consequence={
        <>
          <p>
            Verifiers have until <Time at={maySignFrom} /> to fetch the key set. Those that keep an older one refuse the tokens of this key
            until they fetch it again; guards of Countersign do so at once.
          </p>
          {replaced}
        </>
      }
      done="The key signs now."
    />
  )
}

function Compromise({ signing, keys }: Pick<KeyStepsProps, 'signing' | 'keys'>): VNode {
  const { realm, keyId, state } = signing
  const isStaged = state === 'staged'
  return (
    <Act
      operation="signingKeys.compromise"
      params={{ realm, key: keyId }}
      label={isStaged ? 'Discard it' : 'It is compromised'}
      title={isStaged ? 'Discard this key?' : 'Refuse all tokens of this key?'}
      tone="danger"
      fields={['reason']}
      consequence={isStaged ? <Discarded /> : <Compromised signing={signing} keys={keys} />}
      done={isStaged ? 'The key is gone.' : 'Its tokens are refused.'}
    />
  )
}

function Discarded(): VNode {
  return <p>It never signed a token, so no call is refused. It leaves the key set, and the server publishes another one in its place.</p>
}

function Compromised({ signing, keys }: Pick<KeyStepsProps, 'signing' | 'keys'>): VNode {
  return (
    <>
      <p>
        From now on this server refuses every token that it signed, and guards of Countersign do so within a second of hearing of it.
        Clients that get a 401 ask for a new token.
      </p>
      <p>Other verifiers accept its tokens, also forged ones, until they fetch the key set again: restart them, or empty their cache.</p>
      {signing.state === 'active' && <Successor signing={signing} keys={keys} />}
    </>
  )
}

function Successor({ signing, keys }: Pick<KeyStepsProps, 'signing' | 'keys'>): VNode {
  const next = successorOf(signing, keys)
  if (!next)
    return (
      <p>
        <b>No key is in reserve.</b> The server makes one; of several servers, all answer token requests with 503 until each publishes it.
      </p>
    )
  if (isLater(next.from))
    return (
      <p>
        <b>No other key may sign yet</b>: token requests get 503 until <Time at={next.from} />.
      </p>
    )
  return (
    <p>
      <code>{cutInMiddle(next.keyId)}</code> signs from the next request on.
    </p>
  )
}

function isLater(at: string | null): at is string {
  return at !== null && Date.parse(at) > Date.now()
}

function moment(at: string): string {
  return describeMoment(at, Date.now(), zone.value)
}
