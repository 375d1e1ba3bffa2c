// What an organization may do beyond its scopes: the capabilities that the realm declares, each with its choices.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { listCapabilities, type CapabilityRow } from './capability-rows.ts'

export interface OrganizationCapabilitiesProps {
  readonly organization: OperationOutput<'organizations.get'>
  readonly realm: OperationOutput<'realms.list'>['items'][number] | undefined
}

export function OrganizationCapabilities({ organization, realm }: OrganizationCapabilitiesProps): VNode {
  const rows = listCapabilities(realm, organization.capabilities)
  return (
    <Card id="capabilities" title="Capabilities">
      {rows.length === 0 ? (
        <Empty title="The realm declares no capabilities">They are declared in the configuration file, below the realm.</Empty>
      ) : (
        <ul class="lines">
          {rows.map((row) => (
            <li key={row.name} class="row spread">
              <Capability row={row} organization={organization} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

interface CapabilityProps {
  readonly row: CapabilityRow
  readonly organization: OperationOutput<'organizations.get'>
}

function Capability({ row, organization: { realm, slug, name: who, version } }: CapabilityProps): VNode {
  const { name, value, choices } = row
  const [chosen, choose] = useState(value ?? choices[0])
  const params = { realm, organization: slug, capability: name }
  const isFlag = choices.length === 2 && choices.includes('true')
  const wanted = isFlag ? (value === 'true' ? 'false' : 'true') : chosen
  return (
    <>
      <span>
        <code>{name}</code> <b>{value === undefined ? <span class="soft">not set</span> : <Name>{wordOf(value)}</Name>}</b>
        {choices.length === 0 && <span class="soft small"> The realm does not declare it any more.</span>}
      </span>
      <span class="row">
        {!isFlag && choices.length > 0 && (
          <select aria-label={`Value of ${name}`} value={chosen} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </select>
        )}
        {choices.length > 0 && wanted !== undefined && (
          <Act
            operation="capabilities.set"
            params={params}
            version={version}
            fixed={{ value: isFlag ? wanted === 'true' : wanted }}
            label={isFlag ? (wanted === 'true' ? 'Turn on' : 'Turn off') : 'Set'}
            title={isFlag ? `Turn ${name} ${wordOf(wanted)}?` : `Set ${name} to ${wordOf(wanted)}?`}
            unavailable={!isFlag && wanted === value ? 'This is its value.' : undefined}
            consequence={
              <p>
                For <Name>{who}</Name> <code>{name}</code> is <b>{wordOf(wanted)}</b> at the next call of each API.
              </p>
            }
          />
        )}
        {value !== undefined && (
          <Act
            operation="capabilities.remove"
            params={params}
            version={version}
            label="Remove"
            title={`Remove ${name}?`}
            consequence={
              <p>
                <Name>{who}</Name> is treated as if <code>{name}</code> had never been set.
              </p>
            }
          />
        )}
      </span>
    </>
  )
}

function wordOf(value: string): string {
  return value === 'true' ? 'on' : value === 'false' ? 'off' : value
}
