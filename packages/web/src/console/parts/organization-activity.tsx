import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Link } from '../../shared/links.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'
import { EventList } from './event-list.tsx'
import { Lacks } from './lacks.tsx'

export function OrganizationActivity({
  organization: { id, slug, realm },
}: {
  readonly organization: OperationOutput<'organizations.get'>
}): VNode {
  const canSee = may('audit:read')
  const query = { organization: id, changes: 'true', limit: 8 } as const
  const { answers } = useReads({ changes: read('audit.search', { params: {}, query }, { when: canSee }) })
  return (
    <Card
      id="activity"
      title="What was changed"
      beside={<Link to={`/audit?since=all&realm=${realm}&about=${slug}&organization=${slug}.${id}`}>All changes</Link>}
    >
      {!canSee ? (
        <Lacks scope="audit:read" />
      ) : !answers?.changes ? (
        <Skeleton lines={3} />
      ) : answers.changes.items.length === 0 ? (
        <Empty title="No change was recorded" />
      ) : (
        <EventList events={answers.changes.items} label="The last changes of this organization" />
      )}
    </Card>
  )
}
