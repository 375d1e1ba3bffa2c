// Refusals by reason, organization and client. A row opens to its last 50.
import type { VNode } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Icon } from '../../shared/components/icon.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { TinyBars } from '../../shared/plots/tiny-bars.tsx'
import { LastRefusals } from './last-refusals.tsx'
import type { RefusalPlace } from './refusal-question.ts'
import { fixers, nameRefusal } from '../../shared/refusal-words.ts'

type Summary = OperationOutput<'refusals.summary'>
type Group = Summary['groups'][number]

interface RefusalGroupsProps {
  readonly summary: Summary
  readonly realm: string
  readonly place: RefusalPlace
}

const titles = ['Reason', 'Organization', 'Client', 'Times', 'First', 'Last', 'Trend', 'Who can fix it'] as const

export function RefusalGroups({ summary, realm, place }: RefusalGroupsProps): VNode {
  return (
    <div class="scroll">
      <table class="stack" aria-label="Refusals by reason, organization and client">
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col" class={title === 'Times' ? 'num' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        {summary.groups.map((group) => (
          <GroupRows key={keyOf(group)} group={group} realm={realm} place={place} from={summary.countedFrom} />
        ))}
      </table>
    </div>
  )
}

function keyOf({ code, reason, organization, clientId }: Group): string {
  return JSON.stringify([code, reason, organization?.id, clientId])
}

interface GroupRowsProps {
  readonly group: Group
  readonly realm: string
  readonly place: RefusalPlace
  readonly from: string
}

function GroupRows({ group, realm, place, from }: GroupRowsProps): VNode {
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const { count, letThrough, firstAt, lastAt, points, who } = group
  const name = nameRefusal(group)
  return (
    <tbody>
      <tr>
        <th scope="row">
          <button type="button" class="bare fold" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
            <Icon name="arrow" />
            <Name>{name}</Name>
          </button>
        </th>
        <td data-label={titles[1]}>
          <OrganizationOf group={group} realm={realm} />
        </td>
        <td data-label={titles[2]}>
          <ClientOf group={group} realm={realm} />
        </td>
        <td data-label={titles[3]} class="num">
          {number(count)}
          {letThrough > 0 && <span class="soft"> ({letThrough === count ? 'all let through' : `${number(letThrough)} let through`})</span>}
        </td>
        <td data-label={titles[4]}>
          <Time at={firstAt} />
        </td>
        <td data-label={titles[5]}>
          <Time at={lastAt} />
        </td>
        <td data-label={titles[6]}>
          <TinyBars points={points.slice(-24)} tone="refused" label={`${name}: ${count} refusals`} />
        </td>
        <td data-label={titles[7]}>{fixers[who]}</td>
      </tr>
      <tr id={id} hidden={!isOpen}>
        <td colSpan={titles.length}>{isOpen && <LastRefusals group={group} realm={realm} place={place} from={from} />}</td>
      </tr>
    </tbody>
  )
}

function OrganizationOf({ group: { organization }, realm }: { readonly group: Group; readonly realm: string }): VNode {
  if (organization === null) return <span class="soft">not known</span>
  const { slug, name, id } = organization
  if (slug === null || name === null)
    return (
      <span class="soft" title={id}>
        deleted
      </span>
    )
  return (
    <Link to={pathTo(realm, 'organizations', slug)}>
      <Name>{name}</Name>
    </Link>
  )
}

function ClientOf({ group: { clientId, address }, realm }: { readonly group: Group; readonly realm: string }): VNode {
  if (clientId === null) return <span class="soft">{address === null ? 'not known' : `not known, all from ${address}`}</span>
  return (
    <Link to={pathTo(realm, 'clients', clientId)}>
      <code>
        <Name>{clientId}</Name>
      </code>
    </Link>
  )
}
