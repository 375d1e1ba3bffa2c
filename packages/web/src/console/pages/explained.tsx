import type { VNode } from 'preact'
import type { CallError } from '../../shared/call-error.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { ExplainField } from '../parts/explain-field.tsx'
import { Explanation } from '../parts/explanation.tsx'
import { useRealm } from '../realm.ts'

export const page = definePage({
  path: '/explain/:request',
  title: 'Why was it refused?',
  needs: 'audit:read',
  data: () => ({}),
  view: ({ request }) => (
    <Page title="Why was it refused?" name={`Why was ${request} refused?`}>
      <ExplainField request={request} />
      <Explained key={request} request={request} />
    </Page>
  ),
})

function Explained({ request }: { readonly request: string }): VNode {
  const { answers, error, refresh } = useReads({ explained: read('requests.explain', { params: { request } }, { every: 30_000 }) })
  if (answers)
    return (
      <>
        {error && <Failure error={error} retry={refresh} />}
        <Explanation explained={answers.explained} refresh={refresh} />
      </>
    )
  if (error) return error.code === 'not-found' ? <NotKept error={error} /> : <Failure error={error} retry={refresh} />
  return <Skeleton />
}

function NotKept({ error }: { readonly error: CallError }): VNode {
  const realm = useRealm()
  return (
    <Card>
      <Empty title="No refusal with this id in the last 30 days">
        {error.detail} {error.remedy}{' '}
        <Link to={realm === undefined ? '/' : pathTo(realm, 'refusals')}>
          {realm === undefined ? 'Choose a realm, and look in its refusals' : 'Look for it by organization and time'}
        </Link>
      </Empty>
    </Card>
  )
}
