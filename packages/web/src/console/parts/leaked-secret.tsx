// A secret leaked: which one, from where each was used, what happens when it is revoked. The revocation is never held up: whether to make a
// new secret is asked when the old one is dead.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { openAct, reasonAgainst } from '../../shared/act/act.tsx'
import type { ActProps } from '../../shared/act/act-props.ts'
import { ActButton } from '../../shared/act/act-button.tsx'
import { Callout } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { useQueryMembers } from '../../shared/links.tsx'
import { SecretUses } from '../../shared/secret-uses.tsx'

type Client = OperationOutput<'clients.get'>
type Secret = Client['secrets'][number]

export interface LeakedSecretProps {
  readonly client: Client
  /** The button that opens it; with one secret it asks about that at once. */
  readonly isButton?: boolean
}

export function LeakedSecret({ client, isButton = false }: LeakedSecretProps): VNode | null {
  const change = useQueryMembers()
  const { secrets } = client
  const [only, other] = secrets
  if (!only) return null
  if (isButton && !other) return <RevokeSecret client={client} secret={only} label="A secret leaked?" />
  if (isButton)
    return (
      <button type="button" class="danger" onClick={() => change({ leaked: 'yes' })}>
        A secret leaked?
      </button>
    )
  return (
    <Callout tone="warn">
      <h2>Which secret leaked?</h2>
      <p>Compare its last four characters, or from where each was used.</p>
      {secrets.map((secret) => (
        <section key={secret.id} class="grid">
          <div class="row">
            <h3>
              <code>…{secret.lastFour}</code> ({secret.state})
            </h3>
            <RevokeSecret client={client} secret={secret} label={`Revoke …${secret.lastFour}`} />
          </div>
          {secret.lastUsedAt === null ? (
            <p>It was never used.</p>
          ) : (
            <SecretUses realm={client.realm} client={client.clientId} credential={secret.id} limit={5} />
          )}
        </section>
      ))}
      <p>
        <button type="button" onClick={() => change({ leaked: undefined })}>
          Close
        </button>
      </p>
    </Callout>
  )
}

interface RevokeSecretProps {
  readonly client: Client
  readonly secret: Secret
  readonly label: string
}

export function RevokeSecret({ client, secret, label }: RevokeSecretProps): VNode {
  return (
    <ActButton
      label={label}
      tone="danger"
      reason={reasonAgainst('secrets.revoke')}
      onOpen={(opener) => void openAct(revocationOf(client, secret), opener)}
    />
  )
}

function revocationOf({ realm, clientId, name, secrets, version }: Client, secret: Secret): ActProps<'secrets.revoke'> {
  const hasOther = secrets.length > 1
  const params = { realm, client: clientId }
  return {
    operation: 'secrets.revoke',
    params: { ...params, secret: secret.id },
    version,
    label: 'Revoke it',
    title: `Revoke the secret …${secret.lastFour}?`,
    tone: 'danger',
    fields: ['reason'],
    hints: {
      cutTokens: `All its tokens from before now are rejected${hasOther ? ', also those of the other secret: a token does not tell which secret it is of' : ''}.`,
    },
    consequence: (
      <>
        <p>
          From now on this secret gets no tokens, and all tokens of <Name>{name}</Name> from before now are refused.{' '}
          {hasOther
            ? 'Its other secret stays good: it can ask for new tokens at once.'
            : 'The client stops until it has a new secret: you can make one in the next step.'}
        </p>
        {secret.lastUsedAt === null ? (
          <p>It was never used.</p>
        ) : (
          <>
            <p>
              Last used <Time at={secret.lastUsedAt} />, from:
            </p>
            <SecretUses realm={realm} client={clientId} credential={secret.id} limit={5} />
          </>
        )}
      </>
    ),
    done: `…${secret.lastFour} is revoked.`,
    onDone: () => {
      if (!hasOther) void openAct(newSecretOf(params, secret))
    },
  }
}

function newSecretOf(params: { readonly realm: string; readonly client: string }, { lastFour }: Secret): ActProps<'rotation.start'> {
  return {
    operation: 'rotation.start',
    params,
    label: 'Make a new secret',
    title: `…${lastFour} is revoked. Make a new secret?`,
    tone: 'primary',
    // No window to choose: the old secret is dead.
    fields: [],
    fixed: { reason: `The secret …${lastFour} leaked` },
    consequence: (
      <p>Without one the client gets no tokens. The new secret is shown only once: send it to the integrator through a secure channel.</p>
    ),
    done: 'The new secret was made.',
  }
}
