import { Card } from '../../shared/components/card.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { clientsOfOwn } from '../clients.ts'
import { AskFor } from '../parts/ask-for.tsx'
import { RequestTable } from '../parts/asked-for.tsx'
import { requestsOfOwn } from '../parts/what-is-asked.tsx'

export const page = definePage({
  path: '/requests',
  title: 'Requests',
  query: { after: '' },
  data: ({ after }) => ({ requests: requestsOfOwn(after), clients: clientsOfOwn() }),
  view: ({ requests, clients }) => (
    <Page title="Requests">
      <p class="soft text">What only the provider can give you, and what became of it when you asked.</p>
      <div class="row">
        <AskFor kind="partner" />
        <AskFor kind="capability" />
        <AskFor kind="scope" clients={clients.items} />
        <AskFor kind="client" />
      </div>
      <Card>
        <RequestTable requests={requests} />
      </Card>
    </Page>
  ),
})
