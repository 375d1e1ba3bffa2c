// An integrator of seed 000: reads its entitlement at startup, then the orders of each of its partners.
import { create as createAxios, isAxiosError } from 'axios'
import { createTokenProvider } from '@countersign/client'
import { attachBearer } from '@countersign/client/axios'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET } = process.env as Record<string, string>

const tokens = createTokenProvider({
  tokenUrl: TOKEN_URL!,
  clientId: CLIENT_ID!,
  clientSecret: CLIENT_SECRET!,
  clientAuthentication: 'body',
})
const api = createAxios({ baseURL: API_URL! })
attachBearer(api, tokens, { origins: [new URL(API_URL!).origin] })

try {
  const { data: me } = await api.get('/v1/me')
  console.log(`${me.organization.name}: DPA ${me.dpa.status}, capabilities ${JSON.stringify(me.capabilities)}`)
  for (const partner of me.partners) {
    const { data } = await api.get(`/v1/partners/${partner.id}/orders`)
    console.log(`${partner.name}: ${data.orders.length} orders`)
  }
} catch (error) {
  // The problem document of a denied call contains the cause and the remedy.
  if (!isAxiosError(error) || !error.response) throw error
  const { title, detail, remedy, type } = error.response.data
  console.error(`${title}. ${detail}\nWhat to do: ${remedy}\nMore: ${type}`)
  process.exitCode = 1
}
