import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'

type Versions = OperationOutput<'dpa.versions'>
type Version = Versions['items'][number]

export interface AgreementVersionsProps {
  readonly versions: Versions
  readonly requiredVersion: string | null
}

export function AgreementVersions({ versions, requiredVersion }: AgreementVersionsProps): VNode {
  return (
    <Table
      of={{ items: versions.items }}
      keyOf={({ version }: Version) => version}
      label="Versions, the highest first"
      empty={<Empty title="No version yet">Publish the first one, or name it in the configuration file.</Empty>}
    >
      <Column title="Version" main cell={({ version }: Version) => <Name>{version}</Name>} />
      <Column title="State" cell={(one: Version) => <State version={one} requiredVersion={requiredVersion} />} />
      <Column
        title="Required from"
        cell={({ requiredFrom }: Version) => (requiredFrom === null ? 'configuration file' : <Time at={requiredFrom} />)}
      />
      <Column title="Published" cell={({ publishedAt }: Version) => <Time at={publishedAt} none="–" />} />
      <Column title="What is new" cell={({ description }: Version) => (description ? <Name>{description}</Name> : '')} />
    </Table>
  )
}

function State({ version, requiredVersion }: { readonly version: Version; readonly requiredVersion: string | null }): VNode {
  if (version.version === requiredVersion) return <Chip tone="ok">in force</Chip>
  const isComing = version.requiredFrom !== null && Date.parse(version.requiredFrom) > Date.now()
  return isComing ? <Chip tone="go">becomes required</Chip> : <Chip tone="off">earlier</Chip>
}
