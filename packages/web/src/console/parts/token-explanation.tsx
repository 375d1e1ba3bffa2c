// What a token is, and whether a route would let it in. The token is in the body of the question, and nowhere else.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { call } from '../../shared/call.ts'
import { CallError, unreachable } from '../../shared/call-error.ts'
import { Card } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { ChangedBy } from './changed-by.tsx'
import { Checks } from '../../shared/checks.tsx'
import { Remedy } from './remedy.tsx'
import { RouteQuestion, type Question } from './route-question.tsx'

type Explained = OperationOutput<'tokens.explain'>

export function TokenExplanation({ token }: { readonly token: string }): VNode {
  const [explained, setExplained] = useState<Explained>()
  const [error, setError] = useState<CallError>()
  const [question, setQuestion] = useState<Question>({})
  const [asked, setAsked] = useState(0)
  useEffect(() => {
    const stop = new AbortController()
    setError(undefined)
    call('tokens.explain', { params: {}, body: { token, ...question } }, { signal: stop.signal }).then(setExplained, (thrown: unknown) => {
      if (!stop.signal.aborted) setError(thrown instanceof CallError ? thrown : unreachable())
    })
    return () => stop.abort()
  }, [token, question, asked])
  const again = () => setAsked((count) => count + 1)
  if (error) return <Failure error={error} retry={again} />
  if (!explained) return <Skeleton />
  const { standing, verdict, token: facts, decision } = explained
  return (
    <>
      <Card title="The token" beside={<Chip tone={standing === 'good' ? 'ok' : 'bad'}>{standing.replaceAll('-', ' ')}</Chip>}>
        <div class="grid">
          <p class="cause">
            <Name>{verdict}</Name>
          </p>
          {standing !== 'good' && (
            <>
              <ChangedBy {...explained} />
              <Remedy next={explained} onDone={again} />
            </>
          )}
          {facts && <Facts facts={facts} />}
        </div>
      </Card>
      {facts && (
        <Card title="Would a call be let in?">
          <div class="grid">
            <RouteQuestion ask={setQuestion} />
            {decision && <Decision decision={decision} onDone={again} />}
          </div>
        </Card>
      )}
    </>
  )
}

function Facts({ facts }: { readonly facts: NonNullable<Explained['token']> }): VNode {
  const { realm, id, clientId, organization, scope, audience, issuedAt, expiresAt, key } = facts
  return (
    <dl>
      <dt>Client</dt>
      <dd>
        <Link to={pathTo(realm, 'clients', clientId)}>
          <Name>{clientId}</Name>
        </Link>
      </dd>
      <dt>Organization</dt>
      <dd>{organization ? <Name>{organization.name ?? organization.id}</Name> : '–'}</dd>
      <dt>Realm</dt>
      <dd>{realm}</dd>
      <dt>Scope</dt>
      <dd>
        <code>{scope || 'none'}</code>
      </dd>
      <dt>Audience</dt>
      <dd>{audience.length === 0 ? 'none' : <Name>{audience.join(', ')}</Name>}</dd>
      <dt>Issued</dt>
      <dd>
        <Time at={issuedAt} />
      </dd>
      <dt>Expires</dt>
      <dd>
        <Time at={expiresAt} />
      </dd>
      <dt>Key</dt>
      <dd>
        <Copyable text={key.id} name="key id" /> {key.algorithm}, {key.state}
      </dd>
      <dt>Token id</dt>
      <dd>
        <Copyable text={id} name="token id" />
      </dd>
    </dl>
  )
}

const outcomes = { allowed: ['ok', 'let in'], refused: ['bad', 'refused'], unknown: ['off', 'not decided'] } as const

function Decision({ decision, onDone }: { readonly decision: NonNullable<Explained['decision']>; readonly onDone: () => void }): VNode {
  const { outcome, code, detail, checks, command, operation } = decision
  const [tone, word] = outcomes[outcome]
  return (
    <>
      <p class="row">
        <Chip tone={tone}>{word}</Chip>
        {code !== null && <code>{code}</code>}
        <Name>{detail}</Name>
      </p>
      {checks.length > 0 && <Checks checks={checks} />}
      {command !== null && <Remedy next={{ who: 'operator', remedy: '', command, operation }} onDone={onDone} />}
    </>
  )
}
