import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { OperationOutput } from '@countersign/admin'
import { Card } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { CopyButton, Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { hrefOf, Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { describeAttention, type RealmAttention } from '../parts/realm-attention.ts'

type Realm = OperationOutput<'realms.list'>['items'][number]

export const page = definePage({
  path: '/',
  title: 'Realms',
  needs: 'organizations:read',
  query: { stay: '' },
  data: () => ({ realms: read('realms.list', { params: {} }) }),
  view: ({ realms, stay }) => <Realms realms={realms.items} stay={stay !== ''} />,
})

/** The realm of the operators themselves has no organizations to look after. */
const ofOperators = 'operators'

/** With more realms than these, what needs attention is not asked of each. */
const maxAsked = 20

function Realms({ realms, stay }: { readonly realms: readonly Realm[]; readonly stay: boolean }): VNode {
  const { route } = useLocation()
  const served = realms.filter(({ name }) => name !== ofOperators)
  const only = !stay && served.length === 1 ? served[0] : undefined
  useEffect(() => {
    if (only) route(hrefOf(pathTo(only.name)), true)
  }, [only?.name])
  const asked = only || served.length > maxAsked ? [] : served
  const { answers, error } = useReads(
    Object.fromEntries(asked.map(({ name }) => [name, read('realms.summary', { params: { realm: name } }, { every: 60_000 })] as const)),
  )
  if (served.length === 0) return <NoRealm />
  // Nothing moves when they come.
  if (!answers && !error)
    return (
      <Page title="Realms">
        <Skeleton />
      </Page>
    )
  return (
    <Page title="Realms">
      <Card>
        <Table of={{ items: realms }} keyOf={({ name }: Realm) => name} label="Realms">
          <Column title="Name" main cell={({ name }: Realm) => <Named name={name} summary={answers?.[name]} />} />
          <Column title="Token URL" cell={({ tokenUrl }: Realm) => <Copyable text={tokenUrl} shown={tokenUrl} name="token URL" />} />
          <Column title="Token profile" cell={({ tokenProfile }: Realm) => <code>{tokenProfile}</code>} />
          <Column title="Agreement" cell={({ requiredDpaVersion }: Realm) => <Agreement version={requiredDpaVersion} />} />
        </Table>
      </Card>
    </Page>
  )
}

function Named({ name, summary }: { readonly name: string; readonly summary: RealmAttention | undefined }): VNode {
  const found = summary && describeAttention(summary)
  return (
    <>
      <Link to={pathTo(name)}>{name}</Link>
      {found && (
        <>
          <br />
          <Chip tone={found.tone}>{found.words}</Chip>
        </>
      )}
    </>
  )
}

function Agreement({ version }: { readonly version: string | null }): VNode {
  return version === null ? <span class="soft">none is required</span> : <Name>{version}</Name>
}

const example = `realms:
  my-api:
    issuer: /my-api
    tokenEndpoint: /my-api/token
    audience: my-api
    scopes: [orders:read, orders:write]
`

function NoRealm(): VNode {
  return (
    <Page title="No realm">
      <Card>
        <div class="grid text">
          <p>
            A realm is one API, or several that accept the same tokens. Realms are made in <code>countersign.yaml</code>; the server reads
            the file when it starts.
          </p>
          <pre tabIndex={0}>{example}</pre>
          <p>
            <CopyButton text={example} label="Copy these lines" />
          </p>
        </div>
      </Card>
    </Page>
  )
}
