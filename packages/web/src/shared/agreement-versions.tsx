import type { ComponentChildren, VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { now } from './clock.ts'
import { Chip } from './components/chip.tsx'
import { Name } from './components/name.tsx'
import { Column, Table } from './components/table.tsx'
import { Time } from './components/time.tsx'
import { isOperator } from './session.ts'

type Versions = OperationOutput<'dpa.versions'>
type Version = Versions['items'][number]

export interface AgreementVersionsProps {
  readonly versions: Versions
  readonly requiredVersion: string | null
  /** What is said where there is none. */
  readonly empty: ComponentChildren
  /** What stands beside each, such as a link to its text. */
  readonly beside?: (version: Version) => ComponentChildren
}

export function AgreementVersions({ versions, requiredVersion, empty, beside }: AgreementVersionsProps): VNode {
  return (
    <Table of={{ items: versions.items }} keyOf={({ version }: Version) => version} label="Versions, the highest first" empty={empty}>
      <Column title="Version" main cell={({ version }: Version) => <Name>{version}</Name>} />
      <Column title="State" cell={(one: Version) => <State version={one} requiredVersion={requiredVersion} />} />
      <Column
        title="Required from"
        cell={({ requiredFrom }: Version) =>
          requiredFrom === null ? isOperator() ? 'configuration file' : 'the beginning' : <Time at={requiredFrom} />
        }
      />
      <Column title="Published" cell={({ publishedAt }: Version) => <Time at={publishedAt} none="–" />} />
      <Column title="What is new" cell={({ description }: Version) => (description ? <Name>{description}</Name> : '')} />
      {beside && <Column title="Text" cell={beside} />}
    </Table>
  )
}

function State({ version, requiredVersion }: { readonly version: Version; readonly requiredVersion: string | null }): VNode {
  if (version.version === requiredVersion) return <Chip tone="ok">in force</Chip>
  const isComing = version.requiredFrom !== null && Date.parse(version.requiredFrom) > now()
  return isComing ? <Chip tone="go">becomes required</Chip> : <Chip tone="off">earlier</Chip>
}
