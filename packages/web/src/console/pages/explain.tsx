import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Link } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { ExplainField } from '../parts/explain-field.tsx'
import { TokenExplanation } from '../parts/token-explanation.tsx'
import { forgetToken, tokenToExplain } from '../token-to-explain.ts'

export const page = definePage({
  path: '/explain',
  title: 'Why was it refused?',
  needs: 'audit:read',
  data: () => ({}),
  view: () => <Explain />,
})

function Explain(): VNode {
  const token = tokenToExplain.value
  // It is forgotten with the page.
  useEffect(() => forgetToken, [])
  return (
    <Page title="Why was it refused?">
      <ExplainField />
      {token === undefined ? (
        <Card>
          <Empty title="Paste the id of a refused request">
            You see which check refused it, which change made it so, and the step that changes it. Ids are also in the list of refusals of
            each realm: <Link to="/">choose a realm</Link>.
          </Empty>
        </Card>
      ) : (
        <TokenExplanation key={token} token={token} />
      )}
    </Page>
  )
}
