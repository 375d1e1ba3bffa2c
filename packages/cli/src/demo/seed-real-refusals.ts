// Requests that are refused, made as a client would make them once the sample APIs listen: the newest lines of the console are real, from
// the guard that reports them to the answer that the client got.
import type { DemoClient, DemoState } from '../home.ts'

export async function seedRealRefusals({ systems }: DemoState): Promise<void> {
  const { tokenUrl, apiUrl, clients } = systems['novatrade24']!
  const [acme, borealis, cobalt, echo] = ['acme', 'borealis', 'cobalt', 'echo'].map((slug) => clients[slug]!)
  const requestToken = ({ clientId }: DemoClient, { clientSecret }: DemoClient) =>
    fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
    })
  const call = async (client: DemoClient, method: string, { partnerIds: [partner] }: DemoClient, path: string) => {
    const { access_token: token } = (await (await requestToken(client, client)).json()) as { readonly access_token: string }
    await fetch(`${apiUrl}/v1/partners/${partner}/${path}`, { method, headers: { authorization: `Bearer ${token}` } })
  }
  await Promise.all([
    call(cobalt!, 'GET', cobalt!, 'orders'),
    call(acme!, 'GET', borealis!, 'orders'),
    call(borealis!, 'POST', borealis!, 'kyc'),
    requestToken(echo!, echo!),
    requestToken(borealis!, acme!),
  ])
}
