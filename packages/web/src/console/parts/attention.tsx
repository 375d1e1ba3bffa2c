// What needs attention in a realm now, each with the step that takes care of it.
import type { VNode } from 'preact'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { AttentionStep, type Attention } from './attention-step.tsx'
import { chipOf, factOf } from './attention-words.ts'

const tones: Readonly<Record<Attention['severity'], Tone>> = { bad: 'bad', warn: 'warn', ok: 'go' }

export function AttentionList({ realm, items }: { readonly realm: string; readonly items: readonly Attention[] }): VNode {
  const now = Date.now()
  return (
    <ul class="todo">
      {items.map((item) => (
        <li key={[item.kind, item.organization?.slug, item.client, item.api, item.version].join(' ')}>
          <Chip tone={item.kind === 'rotation-can-end' ? 'ok' : tones[item.severity]}>{chipOf(item, now)}</Chip>
          <span>
            <About realm={realm} item={item} />
            <span class="soft">
              {factOf(item).map((piece, index) =>
                typeof piece === 'string' ? (
                  piece
                ) : 'at' in piece ? (
                  <Time key={index} at={piece.at} />
                ) : (
                  <Name key={index}>{piece.typed}</Name>
                ),
              )}
            </span>
          </span>
          <AttentionStep realm={realm} item={item} />
        </li>
      ))}
    </ul>
  )
}

function About({ realm, item: { organization, client, api } }: { readonly realm: string; readonly item: Attention }): VNode | null {
  if (!organization && !client && !api) return null
  return (
    <>
      {organization && (
        <Link to={pathTo(realm, 'organizations', organization.slug)}>
          <Name>{organization.name}</Name>
        </Link>
      )}
      {organization && client && ' / '}
      {client && (
        <Link to={pathTo(realm, 'clients', client)}>
          <Name>{client}</Name>
        </Link>
      )}
      {api && (
        <>
          {' '}
          <code>{api}</code>
        </>
      )}
      <br />
    </>
  )
}
