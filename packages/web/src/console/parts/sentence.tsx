// What an audit event says, and who did it, with links to what it is about.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { describeEvent, type EventWord } from '@countersign/admin/event-words'
import { spellOutInvisible } from '@countersign/admin/visible-text'
import { cutInMiddle } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { usePartnerName } from '../../shared/components/partner-name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'

export type AuditEvent = OperationOutput<'audit.search'>['items'][number]

export function Sentence({ event }: { readonly event: AuditEvent }): VNode {
  const { realm } = event
  return (
    <span>
      {describeEvent(event).map((word, index) => (
        <Word key={index} word={word} realm={realm} isGone={event.kind.endsWith('.delete')} />
      ))}
    </span>
  )
}

interface WordProps {
  readonly word: EventWord
  readonly realm: string | null
  /** There is no page to go to. */
  readonly isGone: boolean
}

function Word({ word, realm, isGone }: WordProps): VNode {
  if (typeof word === 'string') return <>{spellOutInvisible(word)}</>
  const { what, text } = word
  if (what === 'instant') return <Time at={text} />
  if (what === 'name')
    return (
      <b>
        <Name>{text}</Name>
      </b>
    )
  if (what === 'code')
    return (
      <code>
        <Name>{text}</Name>
      </code>
    )
  if (what === 'partner' && realm !== null) return <PartnerWord realm={realm} partner={text} isGone={isGone} />
  const shown = <Name>{cutInMiddle(text)}</Name>
  if (realm === null || isGone) return <b>{shown}</b>
  return <Link to={pathTo(realm, folders[what], text)}>{shown}</Link>
}

interface PartnerWordProps {
  readonly realm: string
  readonly partner: string
  readonly isGone: boolean
}

/** One that was deleted, or was only asked for, has no page. */
function PartnerWord({ realm, partner, isGone }: PartnerWordProps): VNode {
  const name = usePartnerName(realm, partner)
  const shown = name ? <Name>{name}</Name> : <code>{cutInMiddle(partner)}</code>
  if (isGone || name === null) return <b title={partner}>{shown}</b>
  return (
    <Link to={pathTo(realm, 'partners', partner)} title={partner}>
      {shown}
    </Link>
  )
}

const folders = { organization: 'organizations', client: 'clients', partner: 'partners' } as const

/** Who did it: an operator or a client, a person behind it, or the server itself. */
export function Who({ event: { actor, clientId, address, detail } }: { readonly event: AuditEvent }): VNode {
  if (actor?.kind === 'system') return <span class="soft">the server</span>
  const by = detail['by'] as { readonly client?: string; readonly person?: string } | undefined
  const id = actor?.id ?? by?.client ?? by?.person ?? clientId ?? address
  if (id === null || id === undefined) return <span class="soft">unknown</span>
  if (actor?.name)
    return (
      <span title={`person ${id}`}>
        <Name>{actor.name}</Name>
      </span>
    )
  return actor?.onBehalfOf ? (
    <span>
      <Name>{actor.onBehalfOf}</Name>{' '}
      <span class="soft">
        by <Name>{cutInMiddle(id)}</Name>
      </span>
    </span>
  ) : (
    <span title={id}>
      <Name>{cutInMiddle(id)}</Name>
    </span>
  )
}

/** Why it was done, as the person wrote it. */
export function reasonOf({ outcome, detail }: AuditEvent): string | undefined {
  return outcome === 'success' && typeof detail['reason'] === 'string' ? detail['reason'] : undefined
}
