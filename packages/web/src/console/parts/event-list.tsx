// Audit events as lines: when, who, what in words. A line opens to all that was recorded.
import type { VNode } from 'preact'
import { useId, useState } from 'preact/hooks'
import { describeEvent } from '@countersign/admin/event-words'
import { Icon } from '../../shared/components/icon.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { later } from '../../shared/later.tsx'
import { reasonOf, Sentence, Who, type AuditEvent } from './sentence.tsx'

const EventFacts = later(() => import('./event-facts.tsx').then((module) => module.EventFacts))

export interface EventListProps {
  readonly events: readonly AuditEvent[]
  readonly label: string
  /** Without: lines that do not open, for a page about something else. */
  readonly canOpen?: boolean
  /** Says of which realm each event is, where events of several are shown. */
  readonly withRealm?: boolean
}

export function EventList({ events, label, canOpen = false, withRealm = false }: EventListProps): VNode {
  return (
    <ol class="events" aria-label={label}>
      {events.map((event) => (
        <EventLine key={event.id} event={event} canOpen={canOpen} withRealm={withRealm} />
      ))}
    </ol>
  )
}

interface EventLineProps {
  readonly event: AuditEvent
  readonly canOpen: boolean
  readonly withRealm: boolean
}

/** The sentence says it already. */
function namesRealm(event: AuditEvent): boolean {
  return describeEvent(event).some((word) => typeof word !== 'string' && word.what === 'code' && word.text === event.realm)
}

function EventLine({ event, canOpen, withRealm }: EventLineProps): VNode {
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const reason = reasonOf(event)
  return (
    <li>
      <div class="event">
        <span class="soft when">
          <Time at={event.at} />
        </span>
        <span class="who">
          <Who event={event} />
        </span>
        <span class="sentence">
          <Sentence event={event} />
          {withRealm && event.realm !== null && !namesRealm(event) && <span class="soft nowrap"> in {event.realm}</span>}
          {reason !== undefined && (
            <span class="soft">
              {' '}
              “<Name>{reason}</Name>”
            </span>
          )}
        </span>
        {canOpen && (
          <button type="button" class="bare unfold" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
            <Icon name="arrow" />
            <span class="unseen">What was recorded</span>
          </button>
        )}
      </div>
      {canOpen && <div id={id}>{isOpen && <EventFacts event={event} />}</div>}
    </li>
  )
}
