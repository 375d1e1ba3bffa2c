import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import { Pager } from '../../shared/components/table.tsx'
import { exactly } from '../../shared/describe-time.ts'
import { definePage, Page } from '../../shared/page.tsx'
import { AsTable } from '../../shared/plots/as-table.tsx'
import { read } from '../../shared/reads.ts'
import { may, session } from '../../shared/session.ts'
import { zone } from '../../shared/settings.ts'
import { KeyCard } from '../parts/key-card.tsx'
import { KeyEncryption } from '../parts/key-encryption.tsx'
import { lifeOf, sortKeys, stateWords, type SigningKey } from '../parts/key-life.ts'
import { newsOf } from '../parts/key-news.ts'

export const page = definePage({
  path: '/:realm/keys',
  title: 'Signing keys',
  needs: 'keys:read',
  query: { ended: '', after: '' },
  data: ({ realm, ended, after }) => ({
    keys: read(
      'signingKeys.list',
      { params: { realm }, query: { ...(ended === 'true' && { ended: 'true' as const }), ...(after && { after }) } },
      { every: 10_000 },
    ),
    guards: read('guards.list', { params: { realm }, query: { limit: 200 } }, { every: 10_000, when: may('audit:read') }),
  }),
  view: (props) => <Keys {...props} />,
})

interface KeysProps {
  readonly realm: string
  readonly keys: OperationOutput<'signingKeys.list'>
  readonly guards: OperationOutput<'guards.list'> | undefined
}

function Keys({ realm, keys, guards }: KeysProps): VNode {
  const all = sortKeys(keys.items)
  const algorithms = [
    ...new Set(all.filter(({ state }) => state !== 'compromised' && state !== 'retired').map(({ algorithm }) => algorithm)),
  ]
  return (
    <Page title="Signing keys" name={`Signing keys of ${realm}`} actions={<Further realm={realm} algorithms={algorithms} />}>
      <p class="soft text">
        The realm signs its tokens with these keys. The server replaces them by itself, as "signingKeys" of the realm says; the steps here
        are for other occasions.
      </p>
      <NoReserve keys={all} algorithms={algorithms} />
      <Filters>
        <Choice
          name="ended"
          label="Show"
          choices={[
            ['', 'keys in use'],
            ['true', 'also keys that have ended'],
          ]}
        />
      </Filters>
      {all.length === 0 ? (
        <Card>
          <Empty title="No signing key">The server makes the first one when a token is asked for.</Empty>
        </Card>
      ) : (
        <>
          {all.map((key) => (
            <KeyCard key={key.keyId} signing={key} keys={all} news={guards && newsOf(key, guards.items)} />
          ))}
          <AsTable
            caption="Lives of the signing keys"
            heads={['Key', 'State', 'Published', 'Signs', 'Only verifies', 'Ended']}
            rows={() => all.map(rowOf)}
          />
        </>
      )}
      <Pager next={keys.next} />
      {session.value?.realms === null && <KeyEncryption />}
    </Page>
  )
}

function rowOf(key: SigningKey): readonly string[] {
  const { states } = lifeOf(key)
  const at = (...names: readonly string[]) => {
    const found = states.find(({ name }) => names.includes(name))?.at
    return found ? exactly(found, zone.value) : '–'
  }
  return [key.keyId, stateWords[key.state], at('published'), at('signs', 'signed'), at('only verifies'), at('ended', 'compromised')]
}

interface FurtherProps {
  readonly realm: string
  /** Those that the realm has. */
  readonly algorithms: readonly string[]
}

function Further({ realm, algorithms }: FurtherProps): VNode {
  const choices = { algorithm: algorithms.map((value) => ({ value })) }
  return (
    <>
      <Act
        operation="signingKeys.stage"
        params={{ realm }}
        label="Prepare the next key"
        fields={algorithms.length > 1 ? ['algorithm', 'reason'] : ['reason']}
        choices={choices}
        consequence={
          <p>
            The server makes a key and publishes it. It signs nothing until you say so, or until the server replaces the key that signs, so
            nothing changes for calls.
          </p>
        }
        done="The key is published."
      />
      <Act
        operation="signingKeys.import"
        params={{ realm }}
        label="Import a key"
        fields={['key', 'keyId', 'alreadyPublished', 'reason']}
        names={{ key: 'Private key (PEM or JWK)' }}
        consequence={
          <p>
            For a realm that takes over the issuer of another server. The key is published, and signs nothing until you say so. Paste it
            only on a machine that you trust: the command reads it from a file.
          </p>
        }
        done="The key is published."
      />
    </>
  )
}

function NoReserve({ keys, algorithms }: { readonly keys: readonly SigningKey[]; readonly algorithms: readonly string[] }): VNode | null {
  const without = algorithms.filter((algorithm) => !keys.some((key) => key.state === 'staged' && key.algorithm === algorithm))
  if (keys.length === 0 || without.length === 0) return null
  return (
    <Callout tone="warn">
      No key is in reserve for {without.join(' and ')}: if the one that signs is compromised, token requests may get 503 for a while. The
      server makes one within a minute; if it does not, prepare the next key here.
    </Callout>
  )
}
