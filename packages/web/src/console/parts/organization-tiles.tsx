// May they call, and does it work: four figures at the top of the page of an organization.
import type { ComponentChildren, VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { number } from '../../shared/count.ts'
import { titleOfRefusal } from '../../shared/refusal-words.ts'
import { AgreementChip } from '../../shared/agreement-chip.tsx'
import { refusedRows } from './refused-by-reason.tsx'

export interface OrganizationTilesProps {
  readonly organization: OperationOutput<'organizations.get'>
  readonly clients: OperationOutput<'clients.list'> | undefined
  readonly outcomes: OperationOutput<'usage.series'> | undefined
}

export function OrganizationTiles({ organization, clients, outcomes }: OrganizationTilesProps): VNode {
  const { dpa, partners, clients: known } = organization
  const rotating = clients?.items.filter(({ standing }) => standing && standing.rotation !== 'stable').length ?? 0
  const off = clients?.items.filter(({ enabled }) => !enabled).length ?? 0
  const rows = outcomes && refusedRows(outcomes)
  const refused = rows?.reduce((sum, { count }) => sum + count, 0) ?? 0
  const [first] = rows ?? []
  return (
    <div class="grid four">
      <Tile to="#agreement" name="Agreement" value={dpa.acceptedVersion === null ? '–' : <Name>{dpa.acceptedVersion}</Name>}>
        {dpa.status === 'outdated' ? (
          <Chip tone="warn">
            <Name>{dpa.requiredVersion ?? ''}</Name> is required
          </Chip>
        ) : (
          <AgreementChip standing={dpa.status} version={null} />
        )}
      </Tile>
      <Tile to="#partners" name="Partners" value={number(partners.total)}>
        {partners.total === 0 ? 'may act for none' : 'may act for them'}
      </Tile>
      <Tile to="#clients" name="Clients" value={number(known.total)}>
        {[rotating > 0 && `${number(rotating)} rotating`, off > 0 && `${number(off)} disabled`].filter(Boolean).join(', ') || ' '}
      </Tile>
      <Tile to="#refusals" name="Refused, 24 h" value={rows ? number(refused) : '–'}>
        {first && refused > 0 ? `mostly: ${first.code === null ? 'other reasons' : titleOfRefusal(first.code)}` : ' '}
      </Tile>
    </div>
  )
}

interface TileProps {
  readonly to: string
  readonly name: string
  readonly value: ComponentChildren
  readonly children: ComponentChildren
}

function Tile({ to, name, value, children }: TileProps): VNode {
  return (
    <div class="card figure">
      <a href={to}>{name}</a>
      <strong>{value}</strong>
      <span class="soft small">{children}</span>
    </div>
  )
}
